import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodePublicKey } from '@signet/core';
import { copy, createRegistryClient, digestOf, openLayout, type Source, type Store } from '@signet/oci';
import { CATALOGUE_PREDICATE, encodeShard, HEAD_TAG, judgeFile, readHead, readShard } from '@signet/signed-tags';
import { noRefusals } from '@signet/verifier';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { describeShard } from '../../packages/signed-tags/src/head/encode-head.ts';
import { contentWith, entry } from '../signed-tags/catalogue-data.ts';
import { catalogue, collection, publisher, putHead, recordingPace } from '../signed-tags/head/head-world.ts';
import { startCraneRegistry } from '../support/crane-registry.ts';
import { startDockerRegistry, type TestRegistry } from '../support/docker-registry.ts';
import { havePeers, itWithPeers, needPeer, runOk } from '../support/peers.ts';
import { tempDir } from '../support/temp.ts';
import { cosign } from './cosign-world.ts';

const peers = ['cosign', 'crane', 'oras', 'docker-registry'] as const;
const client = createRegistryClient();
const { signer, signedBy } = await publisher('publisher');
const contents = ['a', 'b'].map((name) => contentWith({ [name]: { entries: [entry(name, 1)] } }));
const shardBytes = contents.map((content, index) => encodeShard({ collection, bits: 1, index, content }));
const sharded = {
  ...catalogue,
  tags: { kind: 'sharded', bits: 1, digests: shardBytes.map((bytes) => digestOf(bytes)) },
} as const;

let docker: TestRegistry;
let crane: TestRegistry;
beforeAll(async () => {
  if (havePeers(peers)) [docker, crane] = await Promise.all([startDockerRegistry(), startCraneRegistry()]);
});
afterAll(async () => {
  await client.close();
  await Promise.all([docker?.stop(), crane?.stop()]);
});

const storeAt = (registry: TestRegistry, repository: string): Store =>
  client.repository({ registry: registry.host, repository });

/** All of it verifies, whatever lies in the manifest. */
async function expectWhole(source: Source): Promise<void> {
  const pace = recordingPace();
  const head = (await readHead(source, { pace })) ?? expect.fail('there is no head');
  const judged = await judgeFile(head, { collection, signedBy, refuse: noRefusals });
  expect(judged).toMatchObject({ kind: 'trusted', catalogue: sharded });
  for (const index of [0, 1]) {
    const bytes = await readShard(source, { head, catalogue: sharded }, index, { pace });
    expect(Buffer.from(bytes)).toEqual(Buffer.from(shardBytes[index] ?? []));
  }
}

/** The bundle with one bit of its signature changed. */
function otherSignature(bytes: Uint8Array): string {
  const bundle = JSON.parse(Buffer.from(bytes).toString()) as { dsseEnvelope: { signatures: { sig: string }[] } };
  const [signature] = bundle.dsseEnvelope.signatures;
  if (signature === undefined) expect.fail('there is no signature');
  const changed = Buffer.from(signature.sig, 'base64');
  changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
  signature.sig = changed.toString('base64');
  return JSON.stringify(bundle);
}

describe('a catalogue', () => {
  itWithPeers(
    peers,
    'is verified by real cosign, and a changed one, another type or another key is refused',
    async () => {
      const folder = tempDir();
      const [head, other] = [await putHead(storeAt(docker, 'a/verified'), [signer]), await publisher('other')];
      const file = Buffer.from(head.file);
      writeFileSync(join(folder, 'catalogue.json'), file);
      writeFileSync(join(folder, 'changed.json'), file.toString().replace('"v1"', '"v2"'));
      writeFileSync(join(folder, 'bundle.json'), head.signatures[0]?.bytes ?? '');
      writeFileSync(
        join(folder, 'root.json'),
        '{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1"}',
      );
      for (const [name, key] of [['own', signer.publicKey] as const, ['other', other.signer.publicKey] as const])
        writeFileSync(join(folder, `${name}.pub`), await encodePublicKey(key));
      writeFileSync(join(folder, 'changed-bundle.json'), otherSignature(head.signatures[0]?.bytes ?? new Uint8Array()));
      const ask = async (name: string, { key = 'own', type = CATALOGUE_PREDICATE, bundle = 'bundle.json' } = {}) => {
        const offline = ['--insecure-ignore-tlog', '--trusted-root', 'root.json', '--bundle', bundle];
        const args = ['verify-blob-attestation', '--key', `${key}.pub`, '--type', type, ...offline, name];
        return await cosign(folder, args);
      };
      expect((await ask('catalogue.json')).code).toBe(0);
      for (const [refused, reason] of [
        [await ask('changed.json'), 'provided artifact digests do not match digests in statement'],
        [await ask('catalogue.json', { bundle: 'changed-bundle.json' }), 'accepted signatures do not match threshold'],
        [await ask('catalogue.json', { type: 'https://signet.dev/revocation/v1' }), 'invalid predicate type'],
        [await ask('catalogue.json', { key: 'other' }), 'accepted signatures do not match threshold'],
      ] as const) {
        expect(refused.code, reason).not.toBe(0);
        expect(refused.stderr).toContain(reason);
      }
    },
  );

  itWithPeers(peers, 'is carried whole by crane, oras and a layout, byte by byte', async () => {
    const origin = storeAt(docker, 'a/origin');
    await putHead(origin, [signer], { catalogue: sharded, shards: shardBytes.map(describeShard), shardBytes });
    const written = await origin.resolve(HEAD_TAG);
    await expectWhole(origin);
    const from = `${docker.host}/a/origin:${HEAD_TAG}`;
    const dir = join(tempDir(), 'layout');
    await runOk(needPeer('crane'), ['copy', '--insecure', from, `${crane.host}/b/crane:${HEAD_TAG}`]);
    const plain = ['--from-plain-http', '--to-plain-http'];
    await runOk(needPeer('oras'), ['copy', '-r', ...plain, from, `${crane.host}/b/oras:${HEAD_TAG}`]);
    await runOk(needPeer('oras'), ['copy', '-r', '--from-plain-http', from, '--to-oci-layout', `${dir}:${HEAD_TAG}`]);
    const layout = await openLayout(dir);
    await copy(layout, storeAt(docker, 'a/back'), await layout.resolve(HEAD_TAG), { tag: HEAD_TAG });
    for (const source of [storeAt(crane, 'b/crane'), storeAt(crane, 'b/oras'), layout, storeAt(docker, 'a/back')]) {
      expect((await source.resolve(HEAD_TAG)).descriptor.digest).toBe(written.descriptor.digest);
      await expectWhole(source);
    }
  });
});
