import { defaultFormats } from '@signet/verifier';
import { expect, it } from 'vitest';
import { formatNames } from '../../packages/verifier/src/format-names.ts';

it('policies can name every format that is verified', () => {
  expect(formatNames).toEqual(defaultFormats.map(({ name }) => name));
});
