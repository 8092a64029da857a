import { generateKey } from '@signet/core';
import { describe, expect, it } from 'vitest';
import { keyCode, kinds } from './key-samples.ts';

describe('generateKey', () => {
  it.each(kinds.filter((kind) => kind !== 'rsa'))('makes %s, each time another', async (kind) => {
    const [one, two] = [await generateKey(kind), await generateKey(kind)];
    expect(one.kind).toBe(kind);
    expect(one.publicKey.id).not.toBe(two.publicKey.id);
    expect(await keyCode(() => generateKey(kind, { bits: 2048 }))).toBe('KEY_UNSUPPORTED');
  });

  it('makes RSA of 3072 bits where nothing is said', async () => {
    expect((await generateKey('rsa')).publicKey.bits).toBe(3072);
    expect((await generateKey('rsa', { bits: 2048 })).publicKey.bits).toBe(2048);
  });

  it.each([
    [1024, 'KEY_WEAK'],
    [2047, 'KEY_WEAK'],
    [2049, 'KEY_UNSUPPORTED'],
    [8192, 'KEY_UNSUPPORTED'],
    [Number.NaN, 'KEY_UNSUPPORTED'],
  ])('does not make RSA of %d bits', async (bits, code) => {
    expect(await keyCode(() => generateKey('rsa', { bits }))).toBe(code);
  });
});
