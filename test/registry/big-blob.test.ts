// Not in npm run check: 128 MiB.

import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { bigBlob } from './big-blob.ts';

it.skipIf(!existsSync('/proc/self/status'))('a blob of 128 MiB goes in and out in constant memory', async () => {
  const { beforeMiB, highestMiB } = await bigBlob(128);
  expect(highestMiB - beforeMiB).toBeLessThan(100);
});
