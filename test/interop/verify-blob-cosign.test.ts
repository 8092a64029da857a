import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BlobEvidence, type BlobReport, verifyBlob } from '@signet/verifier';
import { beforeAll, describe, expect } from 'vitest';
import { havePeers, itWithPeers, needPeer, type PeerName, runOk } from '../support/peers.ts';
import { tempDir } from '../support/temp.ts';
import { type CosignKey, type CosignKeyKind, cosignEnv, cosignKey, offline, withoutServices } from './cosign-world.ts';

const peers = ['cosign', 'cosign2'] as const;
const kinds: readonly CosignKeyKind[] = ['p256', 'p384', 'p521', 'rsa-2048', 'rsa-4096'];
const predicateType = 'https://example.com/review/v1';
const file = Buffer.alloc(100_000, 'a file that cosign signs ');
const changed = Buffer.concat([file, Buffer.from('.')]);

let folder: string;
let other: CosignKey;

beforeAll(async () => {
  if (!havePeers(peers)) return;
  folder = tempDir();
  await withoutServices(folder);
  other = await cosignKey(folder, 'p256', 'other');
  writeFileSync(join(folder, 'file.bin'), file);
  writeFileSync(join(folder, 'predicate.json'), '{"result":"good"}');
});

/** What cosign says it wrote to `out`. */
async function signed(program: PeerName, args: readonly string[], out: string): Promise<Buffer> {
  await runOk(needPeer(program), [...args, 'file.bin'], { env: cosignEnv(folder), cwd: folder });
  return readFileSync(join(folder, out));
}

function ask(evidence: BlobEvidence, key: CosignKey, options: { blob?: Uint8Array; predicateType?: string } = {}) {
  return verifyBlob({ blob: file, evidence, keys: [key.publicKey], ...options });
}

/** By its key over its file: yes. By another key, over another file: no. */
function judge(evidence: BlobEvidence, key: CosignKey, options: { predicateType?: string } = {}): BlobReport {
  expect(ask(evidence, other, options)).toMatchObject({ verdict: 'denied', code: 'KEY_NOT_TRUSTED' });
  expect(ask(evidence, key, { ...options, blob: changed })).toMatchObject({ verdict: 'denied' });
  const report = ask(evidence, key, options);
  expect(report).toMatchObject({ verdict: 'verified', identity: { kind: 'key', keyId: key.publicKey.id } });
  return report;
}

describe('files that cosign signed', () => {
  for (const kind of kinds) {
    itWithPeers(peers, `with ${kind}: bundle, detached signature and attestation`, async () => {
      const key = await cosignKey(folder, kind, kind);
      const by = ['--key', key.privateFile, '-y'];
      const old = ['--use-signing-config=false', '--tlog-upload=false', '--new-bundle-format=false'];

      const bundle = await signed('cosign', ['sign-blob', ...by, ...offline, '--bundle', 'b.json'], 'b.json');
      judge({ kind: 'bundle', bytes: bundle }, key);
      expect(ask({ kind: 'bundle', bytes: bundle }, key, { predicateType })).toMatchObject({ code: 'PAYLOAD_TYPE' });

      const detached = await signed('cosign', ['sign-blob', ...by, ...old, '--output-signature', 's.txt'], 's.txt');
      judge({ kind: 'signature', bytes: detached }, key);

      const about = ['--predicate', 'predicate.json', '--type', predicateType];
      const attest = ['attest-blob', ...by, ...offline, ...about, '--bundle', 'a.json'];
      const statement: BlobEvidence = { kind: 'bundle', bytes: await signed('cosign', attest, 'a.json') };
      expect(judge(statement, key, { predicateType }).predicateType).toBe(predicateType);
      expect(ask(statement, key)).toMatchObject({ verdict: 'denied', code: 'NOT_A_SIGNATURE' });
    });
  }

  itWithPeers(peers, 'by cosign 2: new bundle, detached signature, attestation; its old bundle is named', async () => {
    const key = await cosignKey(folder, 'p256', 'two');
    const by = ['--key', key.privateFile, '-y', '--tlog-upload=false'];
    const both = ['sign-blob', ...by, '--new-bundle-format', '--bundle', 'n.json'];
    judge({ kind: 'bundle', bytes: await signed('cosign2', both, 'n.json') }, key);
    const detached = await signed('cosign2', ['sign-blob', ...by, '--output-signature', 'd.txt'], 'd.txt');
    judge({ kind: 'signature', bytes: detached }, key);

    const attest = ['attest-blob', ...by, '--new-bundle-format', '--predicate', 'predicate.json', '--type', 'custom'];
    const custom = { predicateType: 'https://cosign.sigstore.dev/attestation/v1' };
    judge({ kind: 'bundle', bytes: await signed('cosign2', [...attest, '--bundle', 'c.json'], 'c.json') }, key, custom);

    const old = await signed('cosign2', ['sign-blob', ...by, '--bundle', 'o.json'], 'o.json');
    expect(() => ask({ kind: 'bundle', bytes: old }, key)).toThrow(
      expect.objectContaining({ name: 'EnvelopeError', code: 'ENVELOPE_UNSUPPORTED' }),
    );
  });
});
