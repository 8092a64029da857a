import { join } from 'node:path';
import { copy, createMemoryStore, encodeManifest, openLayout } from '@signet/oci';
import { expect } from 'vitest';
import { startCraneRegistry } from '../../support/crane-registry.ts';
import { itWithPeers, needPeer, runOk } from '../../support/peers.ts';
import { tempDir } from '../../support/temp.ts';
import { pushImage, pushManifest, pushReferrer, referrerDigests, testType } from '../images.ts';

itWithPeers(['oras'], 'oras opens a layout that we wrote: resolve, tags, discover, copy out', async () => {
  const dir = tempDir();
  const layout = await openLayout(dir, { create: true });
  const image = await pushImage(layout, 'a');
  await layout.tag(image, 'v1');
  await layout.tag(image, 'latest');
  const referrer = await pushReferrer(layout, image.descriptor, 'r');
  const oras = needPeer('oras');
  expect((await runOk(oras, ['resolve', '--oci-layout', `${dir}:v1`])).trim()).toBe(image.descriptor.digest);
  const tags = await runOk(oras, ['repo', 'tags', '--oci-layout', dir]);
  expect(tags.trim().split('\n').sort()).toEqual(['latest', 'v1']);
  const found = await runOk(oras, ['discover', '--oci-layout', '--format', 'json', `${dir}:v1`]);
  expect(found).toContain(referrer.descriptor.digest);
  expect(found).toContain(testType);
  const out = join(tempDir(), 'out');
  await runOk(oras, ['copy', '-r', '--from-oci-layout', `${dir}:v1`, '--to-oci-layout', `${out}:v2`]);
  const theirs = await openLayout(out);
  expect((await theirs.resolve('v2')).descriptor.digest).toBe(image.descriptor.digest);
  expect(await referrerDigests(theirs, image.descriptor)).toEqual([referrer.descriptor.digest]);
});

itWithPeers(['oras'], 'we open a layout that oras wrote, change it, and oras reads that', async () => {
  const dir = join(tempDir(), 'layout');
  const oras = needPeer('oras');
  const cwd = tempDir();
  await runOk(oras, ['push', '--oci-layout', `${dir}:v1`, '--artifact-type', testType], { cwd });
  const layout = await openLayout(dir);
  const theirs = await layout.resolve('v1');
  const referrer = await pushReferrer(layout, theirs.descriptor, 'ours');
  await layout.tag(theirs, 'v2');
  await layout.untag('v1');
  expect((await runOk(oras, ['resolve', '--oci-layout', `${dir}:v2`])).trim()).toBe(theirs.descriptor.digest);
  const found = await runOk(oras, ['discover', '--oci-layout', '--format', 'json', `${dir}:v2`]);
  expect(found).toContain(referrer.descriptor.digest);
});

itWithPeers(['crane'], 'crane pushes a layout that we wrote, and we open one that it pulled', async () => {
  const registry = await startCraneRegistry();
  try {
    const memory = createMemoryStore();
    const [amd64, arm64] = [await pushImage(memory, 'amd64'), await pushImage(memory, 'arm64')];
    const manifests = [amd64.descriptor, arm64.descriptor];
    const index = await pushManifest(memory, encodeManifest({ kind: 'index', manifests }));
    const dir = tempDir();
    await copy(memory, await openLayout(dir, { create: true }), index, { tag: 'v1' });
    const crane = needPeer('crane');
    const target = `${registry.host}/team/app:v1`;
    await runOk(crane, ['push', '--insecure', '--index', dir, target]);
    const pulled = join(tempDir(), 'pulled');
    await runOk(crane, ['pull', '--insecure', '--format', 'oci', `${registry.host}/team/app:v1`, pulled]);
    const theirs = await openLayout(pulled);
    for (const image of [amd64, arm64])
      expect(Buffer.from((await theirs.resolve(image.descriptor.digest)).bytes)).toEqual(Buffer.from(image.bytes));
  } finally {
    await registry.stop();
  }
});
