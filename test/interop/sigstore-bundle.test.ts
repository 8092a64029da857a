import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSoftwareSigner, encodePublicKey, generateKey, PREDICATE_TYPE_SIGN, sigstoreFormat } from '@signet/core';
import { digestOf } from '@signet/oci';
import { describe, expect } from 'vitest';
import { itWithPeers, needPeer, type RunResult, run } from '../support/peers.ts';
import { tempDir } from '../support/temp.ts';

const keys = [
  ['ecdsa-p256', undefined],
  ['ecdsa-p384', undefined],
  ['ecdsa-p521', undefined],
  ['rsa', 2048],
  ['rsa', 3072],
  ['rsa', 4096],
  ['ed25519', undefined],
] as const;

describe('a bundle that Signet signed, before real cosign', () => {
  for (const [kind, bits] of keys) {
    itWithPeers(
      ['cosign'],
      `verifies with ${kind} ${bits ?? ''}, and not over another file or with another key`,
      async () => {
        const folder = tempDir();
        const key = await generateKey(kind, bits === undefined ? {} : { bits });
        const other = await generateKey('ecdsa-p256');
        writeFileSync(join(folder, 'key.pub'), await encodePublicKey(key.publicKey, { form: 'pem' }));
        writeFileSync(join(folder, 'other.pub'), await encodePublicKey(other.publicKey, { form: 'pem' }));
        writeFileSync(join(folder, 'file'), 'the manifest');
        writeFileSync(join(folder, 'other-file'), 'another manifest');
        const payload = sigstoreFormat.payload({
          subject: { mediaType: 'text/plain', digest: digestOf(Buffer.from('the manifest')), size: 12 },
          signedReference: 'r.example/web:1.4',
          signedAtMs: 1_795_424_400_120,
          annotations: {},
        });
        const artifact = await sigstoreFormat.seal(payload, createSoftwareSigner(key));
        writeFileSync(join(folder, 'bundle.json'), artifact.envelope);

        expect((await cosignVerify(folder, { key: 'key.pub', file: 'file' })).code).toBe(0);
        expect((await cosignVerify(folder, { key: 'key.pub', file: 'other-file' })).code).not.toBe(0);
        expect((await cosignVerify(folder, { key: 'other.pub', file: 'file' })).code).not.toBe(0);
      },
    );
  }
});

/** Cosign asks no log: an empty trusted root and `--insecure-ignore-tlog`, as wire-formats 15 has it. */
async function cosignVerify(folder: string, what: { key: string; file: string }): Promise<RunResult> {
  const root = join(folder, 'root.json');
  writeFileSync(root, '{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1"}');
  return run(
    needPeer('cosign'),
    [
      'verify-blob-attestation',
      ...['--key', join(folder, what.key)],
      ...['--bundle', join(folder, 'bundle.json')],
      ...['--type', PREDICATE_TYPE_SIGN],
      ...['--trusted-root', root],
      '--insecure-ignore-tlog',
      join(folder, what.file),
    ],
    { env: { HOME: folder } },
  );
}
