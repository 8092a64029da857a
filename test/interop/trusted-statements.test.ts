import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type SignatureArtifact, sigstoreFormat } from '@signet/core';
import { createRegistryClient, type Descriptor, parseManifest, type Store } from '@signet/oci';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { makeKey, ok } from '../e2e/cli-world.ts';
import { startDockerRegistry, type TestRegistry } from '../support/docker-registry.ts';
import { startEmbeddedRegistry } from '../support/embedded-registry.ts';
import { havePeers, itWithPeers, type RunResult } from '../support/peers.ts';
import { tempDir } from '../support/temp.ts';
import { cosign, withoutServices } from './cosign-world.ts';
import { pushRunnable } from './policy-world.ts';

const peers = ['cosign', 'docker-registry'] as const;
const client = createRegistryClient();
const dir = tempDir('signet-statements-');
const [refused, unnamed] = ['accepted signatures do not match threshold', 'missing or incorrect annotation'];

beforeAll(async () => {
  if (havePeers(peers)) await withoutServices(dir);
  for (const name of ['release', 'publisher', 'other']) await makeKey(join(dir, name));
});
afterAll(() => client.close());

/** What a statement's bundle is made of, as far as it is changed here. */
interface Bundle {
  readonly dsseEnvelope: { payload: string; readonly signatures: { sig: string }[] };
}

/** The bundle with something in its envelope changed. */
function changed(envelope: Uint8Array, change: (of: Bundle['dsseEnvelope']) => void): Uint8Array {
  const bundle = JSON.parse(Buffer.from(envelope).toString()) as Bundle;
  change(bundle.dsseEnvelope);
  return Buffer.from(JSON.stringify(bundle));
}

/** One bit of the signature. */
const otherSignature = (envelope: Uint8Array): Uint8Array =>
  changed(envelope, ({ signatures: [signature] }) => {
    if (signature === undefined) expect.fail('there is no signature');
    const bytes = Buffer.from(signature.sig, 'base64');
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    signature.sig = bytes.toString('base64');
  });

/** Another tag in what was signed: as long, so that nothing else is different. */
const otherTag = (envelope: Uint8Array): Uint8Array =>
  changed(envelope, (of) => {
    const payload = Buffer.from(of.payload, 'base64').toString();
    const renamed = payload.replace(':1.0"', ':2.0"');
    expect(renamed).not.toBe(payload);
    of.payload = Buffer.from(renamed).toString('base64');
  });

/** The only statement beside an image, and what it is about. */
async function statementOf(store: Store, tag: string): Promise<{ subject: Descriptor; artifact: SignatureArtifact }> {
  const { descriptor: subject } = await store.resolve(tag);
  const signatures: Descriptor[] = [];
  for await (const page of store.referrers(subject)) signatures.push(...page.descriptors);
  expect(signatures).toHaveLength(1);
  const { bytes, descriptor } = await store.resolve(signatures[0]?.digest ?? '');
  const manifest = parseManifest(bytes, descriptor.mediaType);
  const layer = manifest.kind === 'manifest' ? manifest.layers[0] : undefined;
  if (layer === undefined) expect.fail('there is no layer');
  const envelope = await store.fetch(layer);
  return {
    subject,
    artifact: { format: 'sigstore', envelope, envelopeMediaType: layer.mediaType, layerAnnotations: {} },
  };
}

function expectRefusal({ code, stderr }: RunResult, reason: string): void {
  expect(code).not.toBe(0);
  expect(stderr).toContain(reason);
}

describe.each<[string, () => Promise<TestRegistry>]>([
  ['docker-registry', () => startDockerRegistry()],
  ['the embedded registry', () => startEmbeddedRegistry()],
])('statements as sign --publish writes them, on %s', (_, start) => {
  let registry: TestRegistry;
  const repository = 'shop/app';
  const image = (): string => `${registry.host}/${repository}`;

  beforeAll(async () => {
    if (!havePeers(peers)) return;
    registry = await start();
    const catalogues = { team: { collections: image(), signedBy: 'publisher' } };
    const rules = [{ images: [image()], require: 'release', tag: 'trusted', catalogue: 'team' }];
    const trust = { release: { keys: ['release.pub'] }, publisher: { keys: ['publisher.pub'] } };
    writeFileSync(join(dir, 'policy.json'), JSON.stringify({ version: 1, trust, catalogues, rules }));
    const publishing = ['--policy', join(dir, 'policy.json'), '--catalogue-key', join(dir, 'publisher.key')];
    const writing = [...publishing, '--state', join(dir, 'state')];
    await ok(['tags', 'init', ...writing, image()]);
    for (const tag of ['1.0', '2.0']) {
      await pushRunnable(client, registry.host, `${repository}:${tag}`);
      await ok(['sign', '--key', join(dir, 'release.key'), '--publish', ...writing, `${image()}:${tag}`]);
    }
  }, 120_000);
  afterAll(() => registry?.stop());

  /** Real cosign, about an image: whether somebody signed that it is this tag. */
  const ask = (reference: string, tag: string, key = 'release') =>
    cosign(dir, [
      ...['verify', '--key', join(dir, `${key}.pub`), '--insecure-ignore-tlog', '--trusted-root', 'tr.json'],
      ...['-a', `org.opencontainers.image.ref.name=${image()}:${tag}`, reference],
    ]);

  itWithPeers(peers, 'are verified by cosign for the tag that they name, and for no other', async () => {
    for (const [tag, other] of [
      ['1.0', '2.0'],
      ['2.0', '1.0'],
    ] as const) {
      expect(await ask(`${image()}:${tag}`, tag)).toMatchObject({ code: 0 });
      expectRefusal(await ask(`${image()}:${tag}`, other), unnamed);
      expectRefusal(await ask(`${image()}:${tag}`, tag, 'other'), refused);
    }
  });

  itWithPeers(peers, 'are refused by cosign once a bit of the signature, or the tag in them, is changed', async () => {
    const { subject, artifact } = await statementOf(client.repository({ registry: registry.host, repository }), '1.0');
    const pace = { wait: () => Promise.resolve(), clock: () => 0, random: Math.random };
    /** The same image in a repository of its own, with this statement alone. */
    const imageWith = async (name: string, envelope: Uint8Array): Promise<string> => {
      const of = { registry: registry.host, repository: `changed/${name}` };
      await ok(['copy', '--no-referrers', `${image()}:1.0`, `${of.registry}/${of.repository}:1.0`]);
      const stored = { store: client.repository(of), subject, pace };
      await sigstoreFormat.store({ ...artifact, envelope }, 0, stored);
      return `${of.registry}/${of.repository}:1.0`;
    };
    const { envelope } = artifact;
    const untouched = await imageWith(
      'nothing',
      changed(envelope, () => {}),
    );
    expect(await ask(untouched, '1.0')).toMatchObject({ code: 0 });
    expectRefusal(await ask(await imageWith('signature', otherSignature(envelope)), '1.0'), refused);
    const renamed = await imageWith('tag', otherTag(envelope));
    for (const tag of ['1.0', '2.0']) expectRefusal(await ask(renamed, tag), refused);
  });
});
