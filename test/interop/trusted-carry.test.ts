import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRegistryClient, type Descriptor, parseRegistryReference } from '@signet/oci';
import { HEAD_TAG, JOURNAL_TAG_PREFIX } from '@signet/signed-tags';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { makeKey, ok } from '../e2e/cli-world.ts';
import { signet } from '../support/cli.ts';
import { startDockerRegistry, type TestRegistry } from '../support/docker-registry.ts';
import { startEmbeddedRegistry } from '../support/embedded-registry.ts';
import { havePeers, itWithPeers, needPeer, runOk } from '../support/peers.ts';
import { tempDir } from '../support/temp.ts';
import { pushRunnable } from './policy-world.ts';

const peers = ['crane', 'oras', 'skopeo', 'docker-registry'] as const;
const client = createRegistryClient();
const dir = tempDir('signet-carry-');
const tags = ['1.0', '2.0'];
const repository = 'shop/app';

/** The fallback tag, and the referrers API. */
const kinds: Readonly<Record<string, () => Promise<TestRegistry>>> = {
  'docker-registry': () => startDockerRegistry(),
  'the embedded registry': () => startEmbeddedRegistry(),
};
const registries = new Map<string, TestRegistry>();
const hostOf = (kind: string): string => registries.get(kind)?.host ?? expect.fail(`no ${kind}`);

/** Who carries the signatures beside images, too: crane those alone that lie under a tag, skopeo none. */
const carriesSignatures: Readonly<Record<string, readonly string[]>> = {
  'docker-registry': ['crane', 'oras', 'signet'],
  'the embedded registry': ['oras', 'signet'],
};

/** How a repository is carried by a program, with all that belongs to it. */
const carriers: Readonly<Record<string, (from: string, to: string) => Promise<void>>> = {
  async crane(from, to) {
    await runOk(needPeer('crane'), ['copy', '--insecure', '--all-tags', from, to]);
  },
  async oras(from, to) {
    for (const tag of [...tags, HEAD_TAG])
      await runOk(needPeer('oras'), [
        'copy',
        '-r',
        '--from-plain-http',
        '--to-plain-http',
        `${from}:${tag}`,
        `${to}:${tag}`,
      ]);
  },
  async skopeo(from, to) {
    const plain = ['--src-tls-verify=false', '--dest-tls-verify=false', '--preserve-digests', '--insecure-policy'];
    for (const tag of [...tags, HEAD_TAG])
      await runOk(needPeer('skopeo'), ['copy', ...plain, `docker://${from}:${tag}`, `docker://${to}:${tag}`]);
  },
  async signet(from, to) {
    for (const tag of [...tags, HEAD_TAG]) await ok(['copy', `${from}:${tag}`, `${to}:${tag}`]);
  },
};

beforeAll(async () => {
  if (!havePeers(peers)) return;
  for (const [kind, start] of Object.entries(kinds)) registries.set(kind, await start());
  for (const name of ['release', 'publisher']) await makeKey(join(dir, name));
  writePolicy('with.json', true);
  writePolicy('without.json', false);
  for (const kind of Object.keys(kinds)) {
    const from = `${hostOf(kind)}/${repository}`;
    const writing = [
      '--policy',
      join(dir, 'with.json'),
      '--state',
      join(dir, 'state'),
      '--catalogue-key',
      join(dir, 'publisher.key'),
    ];
    await ok(['tags', 'init', ...writing, from]);
    for (const tag of tags) {
      await pushRunnable(client, hostOf(kind), `${repository}:${tag}`);
      await ok(['sign', '--key', join(dir, 'release.key'), '--publish', ...writing, `${from}:${tag}`]);
    }
  }
}, 120_000);
afterAll(async () => {
  await client.close();
  for (const each of registries.values()) await each.stop();
});

/** `isMirrored`: the registries are each other's mirrors, below a name for each carrier; else each is for itself alone. */
function writePolicy(file: string, isMirrored: boolean): void {
  const hosts = Object.keys(kinds).map(hostOf);
  const mirrorsOf = (host: string): readonly string[] =>
    hosts
      .filter((other) => other !== host)
      .flatMap((other) => Object.keys(carriers).map((name) => `${other}/${name}/shop/**`));
  const catalogueOf = (host: string): object =>
    isMirrored ? { collections: `${host}/shop/**`, mirrors: mirrorsOf(host) } : { collections: `${host}/**` };
  const catalogues = hosts.map((host, at) => [`c${at}`, { ...catalogueOf(host), signedBy: 'publisher' }]);
  const rules = hosts.map((host, at) => {
    const images = isMirrored ? [`${host}/shop/**`, ...mirrorsOf(host)] : [`${host}/**`];
    return { images, require: 'release', tag: 'trusted', catalogue: `c${at}` };
  });
  const trust = { release: { keys: ['release.pub'] }, publisher: { keys: ['publisher.pub'] } };
  writeFileSync(
    join(dir, file),
    JSON.stringify({ version: 1, trust, catalogues: Object.fromEntries(catalogues), rules }),
  );
}

async function verify(policy: string, reference: string) {
  const done = await signet(['verify', '--policy', join(dir, policy), '--no-state', '--output', 'json', reference]);
  return { code: done.code, report: JSON.parse(done.stdout) as { readonly code: string; readonly digest?: string } };
}

async function tagsAt(registry: string, name: string): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const tag of client.repository({ registry, repository: name }).tags()) found.push(tag);
  return found;
}

describe.each([
  ['docker-registry', 'the embedded registry'],
  ['the embedded registry', 'docker-registry'],
])('signed tags that are carried from %s to %s', (origin, target) => {
  itWithPeers(
    peers,
    'by crane, oras, skopeo and signet copy verify where the policy knows the mirror, and only there',
    async () => {
      const [withSignatures, withJournal]: [string[], string[]] = [[], []];
      const from = `${hostOf(origin)}/${repository}`;
      for (const [name, carry] of Object.entries(carriers)) {
        const to = `${hostOf(target)}/${name}/${repository}`;
        await carry(from, to);
        const beside = await signet(['verify', '--key', join(dir, 'release.pub'), '-o', 'json', `${to}:1.0`]);
        if (beside.code === 0) withSignatures.push(name);
        else expect(JSON.parse(beside.stdout), name).toMatchObject({ code: 'NO_SIGNATURE' });
        if ((await tagsAt(hostOf(target), `${name}/${repository}`)).some((tag) => tag.startsWith(JOURNAL_TAG_PREFIX)))
          withJournal.push(name);
        for (const tag of tags) {
          const { digest } = (await client.repository(parseRegistryReference(from)).resolve(tag)).descriptor;
          expect(await verify('with.json', `${to}:${tag}`), `${name} ${tag}`).toMatchObject({
            code: 0,
            report: { code: 'VERIFIED', digest },
          });
          expect(await verify('without.json', `${to}:${tag}`), `${name} ${tag}`).toMatchObject({
            code: 1,
            report: { code: 'COLLECTION_MISMATCH' },
          });
        }
      }
      // The catalogue holds the statements itself: where they alone were left behind, tags verify all the same.
      expect(withSignatures).toEqual(carriesSignatures[origin]);
      expect(withJournal).toEqual(['crane']);
    },
    120_000,
  );
});

describe('what garbage collection leaves of signed tags', () => {
  itWithPeers(
    peers,
    'suffices: the catalogue holds the statements, whatever becomes of the signatures beside the image',
    async () => {
      const registry = await startDockerRegistry();
      const reference = `${registry.host}/${repository}:1.0`;
      try {
        await runOk(needPeer('crane'), [
          'copy',
          '--insecure',
          `${hostOf('docker-registry')}/${repository}:1.0`,
          reference,
        ]);
        const host = hostOf('the embedded registry');
        const policy = readFileSync(join(dir, 'without.json'), 'utf8').replaceAll(host, registry.host);
        writeFileSync(join(dir, 'gc.json'), policy);
        const writing = [
          '--policy',
          join(dir, 'gc.json'),
          '--no-state',
          '--cold',
          '--catalogue-key',
          join(dir, 'publisher.key'),
        ];
        await ok(['tags', 'init', ...writing.filter((flag) => flag !== '--cold'), `${registry.host}/${repository}`]);
        await ok(['sign', '--key', join(dir, 'release.key'), '--publish', ...writing, reference]);
        await ok(['verify', '--key', join(dir, 'release.pub'), reference]);
        const store = client.repository({ registry: registry.host, repository });
        const { descriptor } = await store.resolve('1.0');
        const signatures: Descriptor[] = [];
        for await (const page of store.referrers(descriptor)) signatures.push(...page.descriptors);
        await registry.collectGarbage?.();
        const isThere = await Promise.all(signatures.map((signature) => store.exists(signature)));
        expect(isThere).toEqual([false]);
        expect(await verify('gc.json', reference)).toMatchObject({ code: 0, report: { code: 'VERIFIED' } });
      } finally {
        await registry.stop();
      }
    },
  );
});
