// Not in npm run check: real programs push, sign, validate and verify.

import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  copy,
  createRegistryClient,
  type Descriptor,
  parseManifest,
  partsOf,
  type RegistryClient,
  type Resolved,
  type Store,
} from '@signet/oci';
import { afterAll, describe, expect } from 'vitest';
import { cosign, cosignKey, signBundle, signSimple } from '../../interop/cosign-world.ts';
import { startDockerRegistry, type TestRegistry } from '../../support/docker-registry.ts';
import { startEmbeddedRegistry } from '../../support/embedded-registry.ts';
import { itWithPeers, needPeer, runOk } from '../../support/peers.ts';
import { tempDir } from '../../support/temp.ts';
import { referrerDigests } from '../images.ts';

type Kind = 'docker-registry' | 'embedded' | 'embedded without the API';
const starters: Record<Kind, () => Promise<TestRegistry>> = {
  'docker-registry': () => startDockerRegistry(),
  embedded: () => startEmbeddedRegistry(),
  'embedded without the API': () => startEmbeddedRegistry({ referrersApi: false }),
};
const running = new Map<Kind, Promise<TestRegistry>>();
const client: RegistryClient = createRegistryClient();
afterAll(async () => {
  await client.close();
  for (const registry of running.values()) await (await registry).stop();
});

function registry(kind: Kind): Promise<TestRegistry> {
  const started = running.get(kind) ?? starters[kind]();
  running.set(kind, started);
  return started;
}

/** An index of two images made by crane; the index is signed by cosign in its new form, the first child in its old form. */
interface World {
  readonly folder: string;
  readonly store: Store;
  readonly index: Resolved;
  readonly signedChild: Descriptor;
  readonly unsignedChild: Descriptor;
}

/** For all tests: worlds are shared. */
const base = tempDir();
const worlds = new Map<Kind, Promise<World>>();

function world(kind: Kind): Promise<World> {
  const made = worlds.get(kind) ?? registry(kind).then(({ host }) => makeWorld(host));
  worlds.set(kind, made);
  return made;
}

const repository = 'team/source';

async function makeWorld(host: string): Promise<World> {
  const folder = mkdtempSync(join(base, 'world-'));
  mkdirSync(join(folder, 'files'));
  const children: string[] = [];
  for (const name of ['one', 'two']) {
    writeFileSync(join(folder, 'files', name), createHash('sha256').update(`${host} ${name}`).digest('hex'));
    await runOk('tar', ['-czf', `${name}.tar.gz`, '-C', 'files', name], { cwd: folder });
    const target = `${host}/${repository}:${name}`;
    const args = ['append', '--insecure', '--oci-empty-base', '-f', `${name}.tar.gz`, '-t', target];
    const pushed = await runOk(needPeer('crane'), args, { cwd: folder });
    children.push('-m', pushed.trim());
  }
  await runOk(needPeer('crane'), ['index', 'append', '--insecure', ...children, '-t', `${host}/${repository}:v1`]);
  const store = client.repository({ registry: host, repository });
  const index = await store.resolve('v1');
  const { descriptor: signedChild } = await store.resolve('one');
  const { descriptor: unsignedChild } = await store.resolve('two');
  const key = await cosignKey(folder, 'p256', 'key');
  await signBundle(folder, key, `${host}/${repository}@${index.descriptor.digest}`);
  await signSimple(folder, key, `${host}/${repository}@${signedChild.digest}`);
  return { folder, store, index, signedChild, unsignedChild };
}

function cosignAccepts(folder: string, image: string, form: 'bundle' | 'simple'): Promise<boolean> {
  const how = form === 'bundle' ? ['--trusted-root', 'tr.json'] : ['--new-bundle-format=false'];
  const args = ['verify', '--key', 'key.pub', '--insecure-ignore-tlog', ...how, image];
  return cosign(folder, args).then(({ code }) => code === 0);
}

describe('copy between real registries', () => {
  const ways: readonly (readonly [Kind, Kind])[] = [
    ['docker-registry', 'embedded'],
    ['embedded', 'docker-registry'],
    ['embedded', 'embedded without the API'],
  ];
  for (const [from, to] of ways) {
    itWithPeers(
      ['cosign', 'crane', 'oras', 'docker-registry'],
      `${from} to ${to}: crane validates, oras discovers and cosign verifies the copy`,
      async () => {
        const destination = await registry(to);
        const { folder, store, index, signedChild, unsignedChild } = await world(from);
        const there = client.repository({ registry: destination.host, repository: 'mirror/of' });
        const result = await copy(store, there, index, { tag: 'v1' });
        expect(result).toMatchObject({ referrers: 2, ignored: 0, mounted: 0 });
        expect(await copy(store, there, index, { tag: 'v1' })).toMatchObject({ copied: 0, bytes: 0, referrers: 2 });

        const copied = `${destination.host}/mirror/of`;
        await runOk(needPeer('crane'), ['validate', '--insecure', '--remote', `${copied}:v1`]);
        const digest = await runOk(needPeer('crane'), ['digest', '--insecure', `${copied}:v1`]);
        expect(digest.trim()).toBe(index.descriptor.digest);
        const listed = await referrerDigests(store, index.descriptor);
        expect(listed).toHaveLength(1);
        expect(await referrerDigests(there, index.descriptor)).toEqual(listed);
        const found = await runOk(needPeer('oras'), ['discover', '--plain-http', '--format', 'json', `${copied}:v1`]);
        expect(found).toContain(listed[0]);
        await runOk(
          needPeer('oras'),
          ['copy', '--from-plain-http', '-r', `${copied}:v1`, '--to-oci-layout', `${join(base, to)}:v1`],
          {
            cwd: folder,
          },
        );
        expect(await cosignAccepts(folder, `${copied}@${index.descriptor.digest}`, 'bundle')).toBe(true);
        expect(await cosignAccepts(folder, `${copied}@${signedChild.digest}`, 'simple')).toBe(true);
        expect(await cosignAccepts(folder, `${copied}@${unsignedChild.digest}`, 'simple')).toBe(false);
      },
      120_000,
    );
  }

  for (const kind of ['docker-registry', 'embedded'] as const) {
    itWithPeers(
      ['cosign', 'crane', 'docker-registry'],
      `${kind}: on the same registry every blob is mounted, none is sent`,
      async () => {
        const { host } = await registry(kind);
        const { store, index, signedChild } = await world(kind);
        const there = client.repository({ registry: host, repository: `mounted/${kind}` });
        const result = await copy(store, there, index, { tag: 'v1', mountFrom: repository });
        const manifests = result.copied;
        // The index, its children, a bundle, a `.sig`.
        expect(manifests).toBe(5);
        const parts = partsOf(parseManifest((await there.resolve(signedChild.digest)).bytes));
        expect(result.mounted).toBeGreaterThanOrEqual(parts.length * 2);
        expect(result.referrers).toBe(2);
        await runOk(needPeer('crane'), ['validate', '--insecure', '--remote', `${host}/mounted/${kind}:v1`]);
      },
    );
  }
});
