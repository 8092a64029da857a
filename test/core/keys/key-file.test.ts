import {
  encodePrivateKey,
  encodePublicKey,
  parsePrivateKey,
  parsePublicKeys,
  publicKeyOfCertificate,
} from '@signet/core';
import * as fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { testAuthorityPem } from './certificate-sample.ts';
import { keyCode, kinds, sampleKey } from './key-samples.ts';

/** Encrypted files are left out: each try costs a key derivation; `pbes2` and `cosign-key` have theirs. */
let files: readonly (readonly [string, Uint8Array])[] = [];

beforeAll(async () => {
  const made: [string, Uint8Array][] = [['certificate', await testAuthorityPem()]];
  for (const kind of kinds) {
    const key = await sampleKey(kind);
    for (const form of ['pem', 'jwk', 'openssh'] as const)
      made.push([`${kind} ${form}`, await encodePublicKey(key.publicKey, { form })]);
    for (const form of ['pkcs8', 'jwk'] as const)
      made.push([`${kind} private ${form}`, await encodePrivateKey(key, { form })]);
    made.push([`${kind} spki`, key.publicKey.spki]);
    made.push([`${kind} pkcs8`, key.keyObject.export({ format: 'der', type: 'pkcs8' })]);
  }
  made.push(['rsa pkcs1', (await sampleKey('rsa')).keyObject.export({ format: 'der', type: 'pkcs1' })]);
  made.push(['ec sec1', (await sampleKey('ecdsa-p256')).keyObject.export({ format: 'der', type: 'sec1' })]);
  files = made;
});

describe('hostile key files: nothing but a KeyError is ever thrown', () => {
  it('truncated at every offset: refused, whatever is asked for', async () => {
    for (const [name, file] of files) {
      const whole = Buffer.from(file).toString('latin1').trimEnd().length;
      const step = file.length > 1000 ? 7 : 1;
      const end = /openssh/.test(name) ? whole - 4 : whole; // the comment's place: what is before it decides
      for (let length = 0; length < end; length += step) await refusedByAll(name, file.subarray(0, length));
    }
  });

  it('with any byte changed', async () => {
    const change = fc.record({ which: fc.nat(), at: fc.nat(), to: fc.nat(255) });
    await fc.assert(
      fc.asyncProperty(change, async ({ which, at, to }) => {
        const bytes = Buffer.from(files[which % files.length]?.[1] ?? []);
        bytes[at % bytes.length] = to;
        await tryAll(bytes);
      }),
      { numRuns: 400 },
    );
  });

  it('random bytes, alone and behind each beginning', async () => {
    const beginnings = [
      '',
      '0',
      '\u00300\u0082',
      '{',
      '{"kty":"RSA","n":"',
      'ssh-rsa ',
      '-----BEGIN PUBLIC KEY-----\n',
    ];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...beginnings), fc.uint8Array({ maxLength: 300 }), async (start, junk) => {
        const outcomes = await tryAll(Buffer.concat([Buffer.from(start, 'latin1'), junk]));
        expect(outcomes).not.toContain('fine');
      }),
      { numRuns: 300 },
    );
  });

  it('deep, long and repeated things stay quick', async () => {
    for (const file of [
      '['.repeat(1e6),
      `{"a":${'['.repeat(1e5)}`,
      '-----BEGIN A-----'.repeat(5e4),
      '0\u0080'.repeat(5e5),
    ])
      expect(await tryAll(Buffer.from(file, 'latin1'))).not.toContain('fine');
  });
});

async function refusedByAll(name: string, bytes: Uint8Array): Promise<void> {
  const outcomes = await tryAll(bytes);
  if (outcomes.includes('fine')) expect.fail(`${name}: the first ${bytes.length} bytes were taken as a key`);
}

async function tryAll(bytes: Uint8Array): Promise<readonly string[]> {
  return Promise.all([
    keyCode(() => parsePublicKeys(bytes)),
    keyCode(() => parsePrivateKey(bytes, { password: 'pw' })),
    keyCode(() => publicKeyOfCertificate(bytes)),
  ]);
}
