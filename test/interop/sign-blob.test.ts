import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BlobForm, createSoftwareSigner, type SignatureScheme, signBlob } from '@signet/core';
import { beforeAll, describe, expect } from 'vitest';
import { havePeers, itWithPeers, type PeerName } from '../support/peers.ts';
import { tempDir } from '../support/temp.ts';
import { cosign } from './cosign-world.ts';
import { keyKinds, makeSigningKeys, type SigningKeys } from './sign-world.ts';

const peers = ['cosign', 'cosign2'] as const;
const predicateType = 'https://example.com/review/v1';
const file = Buffer.alloc(100_000, 'a file that Signet signs ');

let folder: string;
let keys: SigningKeys;
beforeAll(async () => {
  if (!havePeers(peers)) return;
  folder = tempDir();
  keys = await makeSigningKeys(folder);
  writeFileSync(join(folder, 'file.bin'), file);
  writeFileSync(join(folder, 'changed.bin'), Buffer.concat([file, Buffer.from('.')]));
  writeFileSync(join(folder, 'root.json'), '{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1"}');
});

async function write(out: string, key: string, options: { form?: BlobForm; scheme?: SignatureScheme } = {}) {
  const signer = createSoftwareSigner(keys.key(key));
  writeFileSync(join(folder, out), await signBlob({ blob: file, signer, ...options }));
}

interface Asked {
  readonly command: 'verify-blob' | 'verify-blob-attestation';
  readonly evidence: readonly string[];
  readonly program?: PeerName;
}

/** Exit code of cosign for this key and file. */
async function ask({ command, evidence, program = 'cosign' }: Asked, key: string, name = 'file.bin'): Promise<number> {
  const args = [command, '--key', keys.publicFile(key), '--insecure-ignore-tlog', ...evidence, name];
  return (await cosign(folder, args, program)).code;
}

/** Its key and its file: yes. Another key, another file: no. */
async function judge(asked: Asked, key: string): Promise<void> {
  expect(await ask(asked, key)).toBe(0);
  expect(await ask(asked, 'other')).not.toBe(0);
  expect(await ask(asked, key, 'changed.bin')).not.toBe(0);
}

const offline = ['--trusted-root', 'root.json'];

describe('a file that Signet signed, before real cosign', () => {
  for (const [name] of keyKinds) {
    itWithPeers(peers, `with ${name}: bundle, statement and bare signature`, async () => {
      await write('b.json', name);
      await judge({ command: 'verify-blob', evidence: ['--bundle', 'b.json', ...offline] }, name);

      await write('s.json', name, { form: { kind: 'statement', predicateType, name: 'file.bin' } });
      const evidence = ['--bundle', 's.json', ...offline];
      const typed = [...evidence, '--type', predicateType];
      await judge({ command: 'verify-blob-attestation', evidence: typed }, name);
      const wrong = [...evidence, '--type', 'https://example.com/other/v1'];
      expect(await ask({ command: 'verify-blob-attestation', evidence: wrong }, name)).not.toBe(0);

      await write('bare.sig', name, { form: { kind: 'signature' } });
      await judge({ command: 'verify-blob', evidence: ['--signature', 'bare.sig'], program: 'cosign2' }, name);
    });
  }
});
