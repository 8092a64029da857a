import { readFileSync } from 'node:fs';
import { exampleKeyIds, isExampleKey, parsePrivateKey, parsePublicKey } from '@signet/core';
import { describe, expect, it } from 'vitest';
import { sampleKey } from './key-samples.ts';

const names = ['p256', 'ed25519', 'rsa2048'];
const read = (file: string): Buffer => readFileSync(new URL(`../../../keys.example/${file}`, import.meta.url));

describe('keys.example', () => {
  it('each opens with its public password, and is known', async () => {
    const keys = await Promise.all(names.map((name) => parsePrivateKey(read(`${name}.key`), { password: 'example' })));
    const publics = await Promise.all(names.map((name) => parsePublicKey(read(`${name}.pub`))));
    expect(keys.map(({ publicKey }) => publicKey.id)).toEqual(exampleKeyIds);
    expect(publics.map(({ id }) => id)).toEqual(exampleKeyIds);
    for (const key of publics) expect(isExampleKey(key)).toBe(true);
  });

  it('other keys are not', async () => {
    expect(isExampleKey((await sampleKey('ecdsa-p256')).publicKey)).toBe(false);
  });

  it('the README names each id and says that they are public', () => {
    const text = read('README.md').toString();
    for (const id of exampleKeyIds) expect(text).toContain(id);
    expect(text).toMatch(/never for production/);
  });
});
