import { createHash } from 'node:crypto';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createCrlFolder } from '../../../packages/verifier/src/revocation/crl-folder.ts';
import { tempDir } from '../../support/temp.ts';

const url = 'http://crl.test/a';

describe('a folder of lists', () => {
  it('keeps each under the hash of its address, and nothing beside', async () => {
    const dir = join(tempDir(), 'made', 'here');
    const cache = createCrlFolder(dir);
    expect(await cache.read(url)).toBeUndefined();
    await Promise.all([cache.write(url, Uint8Array.of(1)), cache.write(url, Uint8Array.of(1))]);
    await cache.write(url, Uint8Array.of(2, 3));
    expect(await cache.read(url)).toEqual(Buffer.from([2, 3]));
    expect(readdirSync(dir)).toEqual([createHash('sha256').update(url).digest('hex')]);
  });

  it('that cannot be used is as if it were empty', async () => {
    const file = join(tempDir(), 'file');
    writeFileSync(file, '');
    const cache = createCrlFolder(file);
    await cache.write(url, Uint8Array.of(1));
    expect(await cache.read(url)).toBeUndefined();
  });
});
