import { EnvelopeError } from '@signet/core';
import { describe, expect, it } from 'vitest';
import { attempt, malformedCode, readBundle, readStatement } from '../../../packages/verifier/src/formats/decode.ts';
import { image } from '../evidence-data.ts';
import { bundleOf, statementOf, testKey } from '../signatures.ts';

describe('decoding', () => {
  it('gives what the bytes are, or what is wrong with them', () => {
    expect(readBundle(bundleOf(statementOf(image), testKey()))).toMatchObject({ version: '0.3' });
    expect(readStatement(Buffer.from(JSON.stringify(statementOf(image))))).toMatchObject({ subject: [{}] });
    for (const read of [readBundle, readStatement]) expect(read(Buffer.from('{'))).toBeInstanceOf(EnvelopeError);
  });

  it('lets a defect through', () => {
    expect(() =>
      attempt(() => {
        throw new TypeError('a defect');
      }),
    ).toThrow(TypeError);
  });

  it.each([
    ['ENVELOPE_UNSUPPORTED', 'ENVELOPE_UNSUPPORTED'],
    ['SIGNATURE_COUNT', 'SIGNATURE_COUNT'],
    ['ENVELOPE_MALFORMED', 'ENVELOPE_MALFORMED'],
    ['PAYLOAD_MALFORMED', 'ENVELOPE_MALFORMED'],
  ] as const)('%s is told as %s', (code, told) => {
    expect(malformedCode(new EnvelopeError(code, 'wrong'))).toBe(told);
  });
});
