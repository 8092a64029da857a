import {
  copy,
  createRegistryClient,
  type Digest,
  MEDIA_TYPE_EMPTY,
  parseDigest,
  parseManifest,
  parseReference,
  type RegistryClient,
  type Source,
} from '@signet/oci';
import { buildTree, type KeyRuleOptions, renderTree, ruleForKeys, verify } from '@signet/verifier';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { startDockerRegistry, type TestRegistry } from '../support/docker-registry.ts';
import { startEmbeddedRegistry } from '../support/embedded-registry.ts';
import { HarnessError } from '../support/harness-error.ts';
import { havePeers, itWithPeers } from '../support/peers.ts';
import { tempDir } from '../support/temp.ts';
import {
  type CosignKey,
  type CosignKeyKind,
  cosign,
  cosignKey,
  offline,
  pushSample,
  signBundle,
  signSimple,
  withoutServices,
} from './cosign-world.ts';

const peers = ['cosign', 'cosign2', 'oras', 'docker-registry'] as const;
const kinds: readonly CosignKeyKind[] = ['p256', 'p384', 'p521', 'rsa-2048', 'rsa-3072', 'rsa-4096', 'ed25519'];

interface Asked {
  readonly reference: string;
}

/** One with the fallback tag alone, one with the referrers API. */
const servers: Readonly<Record<string, () => Promise<TestRegistry>>> = {
  'docker-registry': () => startDockerRegistry(),
  'the embedded registry': () => startEmbeddedRegistry(),
};

let client: RegistryClient;
let folder: string;
/** Where what was signed on docker-registry is carried to: cosign writes the same to both, but for its place. */
let other: TestRegistry;
/** Keys as cosign keeps them, encrypted; `other` signed nothing that a test trusts. */
const keys = new Map<string, CosignKey>();

beforeAll(async () => {
  if (!havePeers(peers)) return;
  folder = tempDir();
  client = createRegistryClient();
  await withoutServices(folder);
  for (const kind of kinds) keys.set(kind, await cosignKey(folder, kind, kind));
  keys.set('other', await cosignKey(folder, 'p256', 'other'));
  other = await startEmbeddedRegistry();
});
afterAll(async () => {
  await client?.close();
  await other?.stop();
});

function keyOf(name: CosignKeyKind | 'other'): CosignKey {
  const key = keys.get(name);
  if (key === undefined) throw new HarnessError(`no key ${name} was made`);
  return key;
}

for (const [title, start] of Object.entries(servers)) {
  describe(`what cosign wrote, on ${title}`, () => {
    let registry: TestRegistry;
    let count = 0;

    beforeAll(async () => {
      if (havePeers(peers)) registry = await start();
    });
    afterAll(() => registry?.stop());

    /** A new image in a repository of its own. */
    const newImage = async () => {
      count += 1;
      const repository = `app${count}`;
      const name = `${registry.host}/${repository}`;
      const digest = parseDigest(await pushSample(folder, `${name}:1`));
      const source = client.repository({ registry: registry.host, repository });
      const asking =
        (of: Source) =>
        (names: readonly Parameters<typeof keyOf>[0][], options: Partial<KeyRuleOptions & Asked> = {}) => {
          const rule = ruleForKeys({ keys: names.map((each) => keyOf(each).publicKey), ...options });
          return verify(parseReference(options.reference ?? `${name}:1`), { rule, source: of, atMs: 0 });
        };
      /** Asks here, and where all of it was copied to. */
      const askings = async () => {
        const to = client.repository({ registry: other.host, repository });
        await copy(source, to, await source.resolve('1'), { tag: '1' });
        return [asking(source), asking(to)];
      };
      return { name, digest, pinned: `${name}@${digest}`, source, ask: asking(source), askings };
    };

    itWithPeers(
      peers,
      'no bundle by cosign 3 with ed25519: it does not verify what it has signed itself, and stores nothing',
      async () => {
        const { ask, pinned } = await newImage();
        await expect(signBundle(folder, keyOf('ed25519'), pinned)).rejects.toThrow('could not verify envelope');
        expect(await ask(['ed25519'])).toMatchObject({ verdict: 'denied', code: 'NO_SIGNATURE' });
      },
    );

    for (const kind of title === 'docker-registry' ? kinds : (['p256'] as const)) {
      if (kind !== 'ed25519')
        itWithPeers(peers, `a bundle by cosign 3 with ${kind}`, async () => {
          const { ask: askBefore, askings, digest, pinned } = await newImage();
          expect(await askBefore([kind])).toMatchObject({ verdict: 'denied', code: 'NO_SIGNATURE' });
          await signBundle(folder, keyOf(kind), pinned, ['-a', 'env=prod']);
          for (const ask of await askings()) {
            expect(await ask([kind])).toMatchObject({ verdict: 'verified', digest, tag: 'digest-only' });
            expect(await ask(['other', kind], { reference: pinned, annotations: { env: 'prod' } })).toMatchObject({
              verdict: 'verified',
              findings: [{ format: 'sigstore', proven: { identity: { keyId: keyOf(kind).publicKey.id } } }],
            });
            expect(await ask(['other'])).toMatchObject({ verdict: 'denied', code: 'NOT_TRUSTED' });
            expect(await ask([kind], { annotations: { env: 'dev' } })).toMatchObject({ code: 'ANNOTATION_MISMATCH' });
            expect(await ask([kind], { tagBound: true })).toMatchObject({ verdict: 'denied', code: 'TAG_MISMATCH' });
          }
        });

      for (const program of ['cosign', 'cosign2'] as const) {
        itWithPeers(peers, `the older form by ${program} with ${kind}`, async () => {
          const { askings, digest, pinned } = await newImage();
          await signSimple(folder, keyOf(kind), pinned, { program, more: ['-a', 'env=prod'] });
          for (const ask of await askings()) {
            expect(await ask([kind])).toMatchObject({ verdict: 'verified', digest, findings: [{ format: 'cosign' }] });
            expect(await ask([kind], { annotations: { env: 'prod' } })).toMatchObject({ verdict: 'verified' });
            expect(await ask([kind], { annotations: { env: 'dev' } })).toMatchObject({ code: 'ANNOTATION_MISMATCH' });
            expect(await ask([kind], { reference: pinned, tagBound: true })).toMatchObject({
              verdict: 'verified',
              tag: 'repository-only',
            });
            expect(await ask(['other'])).toMatchObject({ verdict: 'denied', code: 'NOT_TRUSTED' });
          }
        });
      }
    }

    itWithPeers(peers, 'bundle and older form side by side, by two signers', async () => {
      const { ask, name, pinned, source } = await newImage();
      const both = { atLeast: 2 };
      await signBundle(folder, keyOf('p256'), pinned);
      expect(await ask(['p256', 'p384'], both)).toMatchObject({ verdict: 'denied', code: 'NOT_TRUSTED' });
      await signSimple(folder, keyOf('p384'), pinned);
      expect(await ask(['p256', 'p384'], both)).toMatchObject({ verdict: 'verified' });
      const tree = await buildTree(source, await source.resolve('1'));
      expect(tree.root.children.map(({ link }) => link.kind)).toEqual(['referrer', 'tag']);
      expect(renderTree(tree, name)).toContain('says: signature');
    });

    itWithPeers(peers, 'several signatures of the older form under one tag, the trusted one first', async () => {
      const { ask, pinned } = await newImage();
      await signSimple(folder, keyOf('p256'), pinned);
      await signSimple(folder, keyOf('other'), pinned, { program: 'cosign2' });
      expect(await ask(['p256'])).toMatchObject({ verdict: 'verified' });
    });

    itWithPeers(peers, "cosign's attestation alone: no signature for us, though cosign verify takes it", async () => {
      const { ask, pinned } = await newImage();
      const { privateFile, publicFile } = keyOf('p256');
      const predicate = ['--predicate', 'sample.txt', '--type', 'custom'];
      const attest = await cosign(folder, ['attest', '-y', '--key', privateFile, ...predicate, ...offline, pinned]);
      expect(attest.code, attest.stderr).toBe(0);
      const root = ['--trusted-root', 'tr.json', '--insecure-ignore-tlog'];
      const verified = await cosign(folder, ['verify', '--key', publicFile, ...root, pinned]);
      expect(verified.code, verified.stderr).toBe(0);
      expect(await ask(['p256'])).toMatchObject({ verdict: 'denied', code: 'NO_SIGNATURE' });
    });
  });
}

describe("cosign's fallback index", () => {
  itWithPeers(peers, 'gives its entries a type that is none, and they are read all the same', async () => {
    const registry = await startDockerRegistry();
    try {
      const name = `${registry.host}/app`;
      const digest: Digest = parseDigest(await pushSample(folder, `${name}:1`));
      await signBundle(folder, keyOf('p256'), `${name}@${digest}`);
      const source = client.repository({ registry: registry.host, repository: 'app' });
      const { bytes, descriptor } = await source.resolve(digest.replace(':', '-'));
      const index = parseManifest(bytes, descriptor.mediaType);
      const types = index.kind === 'index' ? index.manifests.map(({ artifactType }) => artifactType) : [];
      expect(types).toEqual([MEDIA_TYPE_EMPTY]);
      const rule = ruleForKeys({ keys: [keyOf('p256').publicKey] });
      expect(await verify(parseReference(`${name}:1`), { rule, source, atMs: 0 })).toMatchObject({
        verdict: 'verified',
      });
    } finally {
      await registry.stop();
    }
  });
});
