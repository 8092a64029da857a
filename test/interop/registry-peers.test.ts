import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openLayout } from '@signet/oci';
import { describe, expect } from 'vitest';
import { itWithPeers } from '../support/peers.ts';
import { cosignKey, signBundle, signSimple } from './cosign-world.ts';
import {
  craneAppend,
  lines,
  orasAttach,
  orasDiscover,
  orasPush,
  type RegistryWorld,
  startWorld,
} from './registry-world.ts';

/** Issue 3, §7.3: other programs on the embedded registry. */
const sbomType = 'application/vnd.example.sbom';
const scanType = 'application/vnd.example.scan';
const byApi = ['--plain-http', '--distribution-spec', 'v1.1-referrers-api'];

describe('oras', () => {
  itWithPeers(['oras'], 'pushes, pulls, tags, lists tags and repositories', async () => {
    const world = await startWorld();
    const { host, ok } = world;
    const digest = await orasPush(world, `${host}/team/app:v1`);
    await orasPush(world, `${host}/team/other:v1`);
    await ok('oras', 'tag', '--plain-http', `${host}/team/app:v1`, 'v2', 'latest');
    expect(lines(await ok('oras', 'repo', 'tags', '--plain-http', `${host}/team/app`))).toEqual(['latest', 'v1', 'v2']);
    expect(lines(await ok('oras', 'repo', 'ls', '--plain-http', host))).toEqual(['team/app', 'team/other']);
    expect(await ok('oras', 'resolve', '--plain-http', `${host}/team/app:latest`)).toBe(digest);
    await ok('oras', 'pull', '--plain-http', '-o', 'pulled', `${host}/team/app@${digest}`);
    const pulled = readFileSync(join(world.folder, 'pulled/b.txt'), 'utf8');
    expect(pulled).toBe(`b of ${host}/team/app:v1`);
  });

  itWithPeers(['oras'], 'attaches and discovers through the referrers API, by type too', async () => {
    const world = await startWorld();
    const image = `${world.host}/team/app:v1`;
    const digest = await orasPush(world, image);
    const [sbom, scan] = [await orasAttach(world, image, sbomType), await orasAttach(world, image, scanType)];
    expect(await orasDiscover(world, image, ...byApi)).toEqual([sbom, scan].sort());
    expect(await orasDiscover(world, image, ...byApi, '--artifact-type', scanType)).toEqual([scan]);
    expect(referrerRequests(world)).toContain(`GET /v2/team/app/referrers/${digest} 200`);
    // No fallback tag was written.
    expect(lines(await world.ok('oras', 'repo', 'tags', '--plain-http', `${world.host}/team/app`))).toEqual(['v1']);
  });

  itWithPeers(['oras'], 'copies to another repository and registry, with all that refers to it', async () => {
    const [world, other] = [await startWorld(), await startWorld()];
    const image = `${world.host}/team/app:v1`;
    const digest = await orasPush(world, image);
    const sbom = await orasAttach(world, image, sbomType);
    const nested = await orasAttach(world, `${world.host}/team/app@${sbom}`, scanType);
    const plain = ['--from-plain-http', '--to-plain-http'];
    await world.ok('oras', 'cp', ...plain, image, `${world.host}/team/alone:v1`);
    expect(await orasDiscover(world, `${world.host}/team/alone:v1`, ...byApi)).toEqual([]);
    for (const to of [`${world.host}/team/copy`, `${other.host}/team/copy`]) {
      await world.ok('oras', 'cp', '-r', ...plain, image, `${to}:v1,v2`);
      expect(await world.ok('oras', 'resolve', '--plain-http', `${to}:v2`)).toBe(digest);
      expect(await orasDiscover(world, `${to}:v1`, ...byApi)).toEqual([sbom]);
      expect(await orasDiscover(world, `${to}@${sbom}`, ...byApi)).toEqual([nested]);
    }
  });

  itWithPeers(['oras'], 'deletes manifests and blobs', async () => {
    const world = await startWorld();
    const { host, ok } = world;
    const digest = await orasPush(world, `${host}/app:v1`);
    const sbom = await orasAttach(world, `${host}/app:v1`, sbomType);
    await ok('oras', 'manifest', 'delete', '--plain-http', '--force', `${host}/app@${sbom}`);
    expect(await orasDiscover(world, `${host}/app:v1`, ...byApi)).toEqual([]);
    const manifest = JSON.parse(await ok('oras', 'manifest', 'fetch', '--plain-http', `${host}/app:v1`));
    const layer: string = manifest.layers[0].digest;
    await ok('oras', 'manifest', 'delete', '--plain-http', '--force', `${host}/app:v1`);
    expect((await world.run('oras', 'resolve', '--plain-http', `${host}/app:v1`)).stderr).toContain('not found');
    expect((await world.run('oras', 'resolve', '--plain-http', `${host}/app@${digest}`)).code).not.toBe(0);
    await ok('oras', 'blob', 'delete', '--plain-http', '--force', `${host}/app@${layer}`);
    const gone = await world.run('oras', 'blob', 'fetch', '--plain-http', '-o', 'x', `${host}/app@${layer}`);
    expect(gone.stderr).toContain('not found');
  });

  itWithPeers(['oras'], 'pushes an index of two platforms and fetches one of them', async () => {
    const world = await startWorld();
    const { host, ok } = world;
    for (const platform of ['linux/amd64', 'linux/arm64']) {
      const name = platform.replace('/', '-');
      const file = world.file(`${name}.txt`, platform);
      const artifact = ['--artifact-type', 'application/vnd.example.app', '--artifact-platform', platform];
      await ok('oras', 'push', '--plain-http', ...artifact, `${host}/app:${name}`, `${file}:text/plain`);
    }
    const children = ['linux-amd64', 'linux-arm64'];
    await ok('oras', 'manifest', 'index', 'create', '--plain-http', `${host}/app:all`, ...children);
    const arm = await ok('oras', 'resolve', '--plain-http', '--platform', 'linux/arm64', `${host}/app:all`);
    expect(arm).toBe(await ok('oras', 'resolve', '--plain-http', `${host}/app:linux-arm64`));
  });
});

describe('crane', () => {
  itWithPeers(['crane'], 'pushes, validates, pulls, lists, tags', async () => {
    const world = await startWorld();
    const { host, ok } = world;
    const digest = await craneAppend(world, `${host}/team/app:v1`);
    expect(await ok('crane', 'digest', `${host}/team/app:v1`)).toBe(digest);
    await ok('crane', 'validate', '--remote', `${host}/team/app:v1`);
    await ok('crane', 'tag', `${host}/team/app:v1`, 'v2');
    expect(lines(await ok('crane', 'ls', `${host}/team/app`))).toEqual(['v1', 'v2']);
    expect(lines(await ok('crane', 'catalog', host))).toEqual(['team/app']);
    await ok('crane', 'pull', '--format', 'oci', `${host}/team/app:v2`, 'pulled');
    await ok('crane', 'push', 'pulled', `${host}/team/back:v1`);
    expect(await ok('crane', 'digest', `${host}/team/back:v1`)).toBe(digest);
    await ok('crane', 'export', `${host}/team/app:v1`, 'export.tar');
    expect(readFileSync(join(world.folder, 'export.tar')).toString()).toContain(`layer of ${host}/team/app:v1`);
  });

  itWithPeers(['crane'], 'copies to another repository (mounting) and registry', async () => {
    const [world, other] = [await startWorld(), await startWorld()];
    const { host, ok } = world;
    const digest = await craneAppend(world, `${host}/team/app:v1`);
    await ok('crane', 'copy', `${host}/team/app:v1`, `${host}/team/copy:v1`);
    const mounts = world.requests.filter(({ method, path }) => method === 'POST' && path.startsWith('/v2/team/copy/'));
    expect(mounts.map(({ status }) => status)).toEqual([201, 201]);
    await ok('crane', 'copy', `${host}/team/app:v1`, `${other.host}/team/copy:v1`);
    for (const at of [host, other.host]) {
      expect(await ok('crane', 'digest', `${at}/team/copy:v1`)).toBe(digest);
      await ok('crane', 'validate', '--remote', `${at}/team/copy:v1`);
    }
  });

  itWithPeers(['crane'], 'makes an index, and deletes by tag and by digest', async () => {
    const world = await startWorld();
    const { host, ok } = world;
    const digest = await craneAppend(world, `${host}/app:one`);
    await craneAppend(world, `${host}/app:two`);
    await ok('crane', 'index', 'append', '-m', `${host}/app:one`, '-m', `${host}/app:two`, '-t', `${host}/app:all`);
    await ok('crane', 'validate', '--remote', `${host}/app:all`);
    await ok('crane', 'delete', `${host}/app:one`);
    expect((await world.run('crane', 'digest', `${host}/app:one`)).stderr).toContain('MANIFEST_UNKNOWN');
    expect(await ok('crane', 'digest', `${host}/app@${digest}`)).toBe(digest);
    await ok('crane', 'delete', `${host}/app@${digest}`);
    expect((await world.run('crane', 'digest', `${host}/app@${digest}`)).code).not.toBe(0);
    expect(lines(await ok('crane', 'ls', `${host}/app`))).toEqual(['all', 'two']);
  });
});

describe('cosign', () => {
  itWithPeers(['cosign', 'crane', 'oras'], 'signs as a bundle and verifies through the referrers API', async () => {
    const world = await startWorld();
    const image = `${world.host}/team/app`;
    const digest = await craneAppend(world, `${image}:v1`);
    const key = await cosignKey(world.folder, 'p256', 'ours');
    const foreign = await cosignKey(world.folder, 'p256', 'foreign');
    await signBundle(world.folder, key, `${image}@${digest}`);
    expect(await orasDiscover(world, `${image}:v1`, ...byApi)).toHaveLength(1);
    expect(lines(await world.ok('crane', 'ls', image))).toEqual(['v1']);
    const verify = ['verify', '--trusted-root', 'tr.json', '--insecure-ignore-tlog', '--key'];
    await world.ok('cosign', ...verify, key.publicFile, `${image}:v1`);
    expect(referrerRequests(world)).toContain(`GET /v2/team/app/referrers/${digest} 200`);
    expect((await world.run('cosign', ...verify, foreign.publicFile, `${image}:v1`)).code).not.toBe(0);
    await world.ok('oras', 'cp', '-r', '--from-plain-http', '--to-plain-http', `${image}:v1`, `${image}-copy:v1`);
    await world.ok('cosign', ...verify, key.publicFile, `${image}-copy:v1`);
  });

  itWithPeers(
    ['cosign', 'cosign2', 'crane'],
    'signs in its older form, by versions 2 and 3, one beside the other',
    async () => {
      const world = await startWorld();
      const image = `${world.host}/team/app`;
      const digest = await craneAppend(world, `${image}:v1`);
      const key = await cosignKey(world.folder, 'p256', 'ours');
      await signSimple(world.folder, key, `${image}@${digest}`, { program: 'cosign2' });
      await signSimple(world.folder, key, `${image}@${digest}`, { more: ['-a', 'by=version-3'] });
      expect(lines(await world.ok('crane', 'ls', image))).toEqual([`${digest.replace(':', '-')}.sig`, 'v1']);
      const flags = ['verify', '--insecure-ignore-tlog', '--key', key.publicFile];
      await world.ok('cosign2', ...flags, `${image}:v1`);
      await world.ok('cosign', ...flags, '-a', 'by=version-3', `${image}:v1`);
      await world.ok('cosign', 'tree', `${image}:v1`);
    },
  );
});

describe('the folder on disk', () => {
  itWithPeers(
    ['oras', 'crane'],
    'is an image layout that oras and crane open while the registry serves it',
    async () => {
      const world = await startWorld();
      const { host, ok } = world;
      const image = `${host}/team/app`;
      const digest = await orasPush(world, `${image}:v1`);
      const crane = await craneAppend(world, `${image}:v2`);
      const sbom = await orasAttach(world, `${image}:v1`, sbomType);
      const dir = join(world.root, 'team/app/_layout');
      expect(lines(await ok('oras', 'repo', 'tags', '--oci-layout', dir))).toEqual(['v1', 'v2']);
      expect(await ok('oras', 'resolve', '--oci-layout', `${dir}:v1`)).toBe(digest);
      expect(await orasDiscover(world, `${dir}:v1`, '--oci-layout')).toEqual([sbom]);
      await ok('oras', 'pull', '--oci-layout', '-o', 'out', `${dir}:v1`);
      expect(readFileSync(join(world.folder, 'out/a.txt'), 'utf8')).toBe(`a of ${image}:v1`);
      await ok('oras', 'cp', '-r', '--from-oci-layout', `${dir}:v1`, '--to-plain-http', `${host}/from-disk:v1`);
      expect(await orasDiscover(world, `${host}/from-disk:v1`, ...byApi)).toEqual([sbom]);
      // crane takes a layout of several manifests as one index.
      await ok('crane', 'push', '--index', dir, `${host}/whole:all`);
      const { manifests } = JSON.parse(await ok('crane', 'manifest', `${host}/whole:all`));
      expect(manifests.map((entry: { digest: string }) => entry.digest).sort()).toEqual([crane, digest, sbom].sort());
      const layout = await openLayout(dir);
      expect((await layout.resolve('v2')).descriptor.digest).toBe(crane);
    },
  );
});

/** What was asked of the referrers API, as `METHOD path status`. */
function referrerRequests({ requests }: RegistryWorld): readonly string[] {
  const asked = requests.filter(({ path }) => path.includes('/referrers/'));
  return asked.map(({ method, path, status }) => `${method} ${path} ${status}`);
}
