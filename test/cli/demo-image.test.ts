import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { createMemoryStore, digestOf, parseManifest } from '@signet/oci';
import { describe, expect, it } from 'vitest';
import { buildImage, buildIndex } from '../../packages/cli/src/demo/image.ts';
import { createTar } from '../../packages/cli/src/demo/tar.ts';
import { runOk } from '../support/process.ts';
import { tempDir } from '../support/temp.ts';

describe('createTar', () => {
  it('is read by tar, modes and contents as given', async () => {
    const dir = tempDir();
    const path = join(dir, 'a.tar');
    writeFileSync(
      path,
      createTar([
        { path: 'etc/a', text: 'one\n' },
        { path: 'bin/b', text: 'x'.repeat(513), executable: true },
      ]),
    );
    const listing = await runOk('tar', ['-tvf', path]);
    expect(
      listing
        .trim()
        .split('\n')
        .map((line) => line.split(/\s+/).filter((_, at) => [0, 2, 5].includes(at))),
    ).toEqual([
      ['-rw-r--r--', '4', 'etc/a'],
      ['-rwxr-xr-x', '513', 'bin/b'],
    ]);
    expect(await runOk('tar', ['-xOf', path, 'etc/a'])).toBe('one\n');
  });
});

describe('buildImage', () => {
  it('makes a manifest whose parts are all there and whose layers are what the config says', async () => {
    const store = createMemoryStore();
    const { descriptor, bytes } = await buildImage(store, '1.0', 'hello');
    expect((await store.resolve('1.0')).descriptor.digest).toBe(descriptor.digest);
    const manifest = parseManifest(bytes);
    if (manifest.kind !== 'manifest') return expect.unreachable('an image is no index');
    const config = JSON.parse(Buffer.from(await store.fetch(manifest.config)).toString());
    const layers = await Promise.all(manifest.layers.map((layer) => store.fetch(layer)));
    expect(layers).toHaveLength(2);
    expect(config.rootfs.diff_ids).toEqual(layers.map((layer) => digestOf(gunzipSync(layer))));
    expect(config).toMatchObject({ os: 'linux', architecture: 'amd64' });
  });

  it('gives other bytes for other contents, the same for the same', async () => {
    const digests = await Promise.all(
      ['a', 'b', 'a'].map(async (text) => (await buildImage(createMemoryStore(), 't', text)).descriptor.digest),
    );
    expect(digests[0]).toBe(digests[2]);
    expect(digests[0]).not.toBe(digests[1]);
  });
});

describe('buildIndex', () => {
  it('names an image for each of two platforms', async () => {
    const store = createMemoryStore();
    const { bytes } = await buildIndex(store, 'multi', 'hello');
    const index = parseManifest(bytes);
    if (index.kind !== 'index') return expect.unreachable('an index is no image');
    expect(index.manifests.map(({ platform }) => `${platform?.os}/${platform?.architecture}`)).toEqual([
      'linux/amd64',
      'linux/arm64',
    ]);
    for (const child of index.manifests) expect(parseManifest(await store.fetch(child)).kind).toBe('manifest');
  });
});
