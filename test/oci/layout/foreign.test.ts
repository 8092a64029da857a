import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  type Descriptor,
  digestAlgorithm,
  digestHex,
  encodeManifest,
  type LayoutStore,
  openLayout,
  type Resolved,
  toDescriptorJson,
} from '@signet/oci';
import { describe, expect, it } from 'vitest';
import { tempDir } from '../../support/temp.ts';
import { codeOf } from '../code-of.ts';
import { allOf, describeBytes, pushBlob, pushImage, pushManifest, pushReferrer, referrerDigests } from '../images.ts';

const fileOf = (dir: string, { digest }: Descriptor): string =>
  join(dir, 'blobs', digestAlgorithm(digest), digestHex(digest));

/** A layout as another program may have written it: the entries of `index.json` as they are given here. */
function writeIndex(dir: string, manifests: readonly object[], rest: object = {}): void {
  writeFileSync(join(dir, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests, ...rest }));
}

async function newLayout(): Promise<{ dir: string; layout: LayoutStore; image: Resolved }> {
  const dir = tempDir();
  const layout = await openLayout(dir, { create: true });
  return { dir, layout, image: await pushImage(layout, 'a') };
}

const named = (descriptor: Descriptor, name: string): object => ({
  ...toDescriptorJson(descriptor),
  annotations: { 'org.opencontainers.image.ref.name': name },
});

describe('an image layout that another program wrote', () => {
  it('is read through nested indexes, referrers included', async () => {
    const { dir, layout, image } = await newLayout();
    const referrer = await pushReferrer(layout, image.descriptor, 'nested');
    const inner = await pushManifest(
      layout,
      encodeManifest({ kind: 'index', manifests: [image.descriptor, referrer.descriptor] }),
    );
    const outer = await pushManifest(layout, encodeManifest({ kind: 'index', manifests: [inner.descriptor] }));
    writeIndex(dir, [named(outer.descriptor, 'v1')]);
    for (const exclusive of [false, true]) {
      const opened = await openLayout(dir, { exclusive });
      expect(await referrerDigests(opened, image.descriptor)).toEqual([referrer.descriptor.digest]);
      expect((await opened.resolve(image.descriptor.digest)).descriptor).toEqual(image.descriptor);
      expect(await opened.exists(referrer.descriptor)).toBe(true);
    }
  });

  it('takes the type of a referrer from its manifest, whatever its entry says', async () => {
    const { dir, layout, image } = await newLayout();
    const referrer = await pushReferrer(layout, image.descriptor, 'r', 'application/vnd.example.real');
    writeIndex(dir, [{ ...toDescriptorJson(referrer.descriptor), artifactType: 'application/vnd.example.wrong' }]);
    const pages = await allOf((await openLayout(dir)).referrers(image.descriptor));
    expect(pages.flatMap((page) => page.descriptors)).toMatchObject([{ artifactType: 'application/vnd.example.real' }]);
  });

  it('keeps members, entries and order that are not ours to change', async () => {
    const { dir, image } = await newLayout();
    const other = { ...named(image.descriptor, 'docker.io/library/a:1'), 'x-member': { kept: true } };
    writeIndex(dir, [other], { annotations: { note: 'kept' } });
    const layout = await openLayout(dir);
    await layout.tag(image, 'v1');
    expect(await allOf(layout.tags())).toEqual(['v1']);
    const index = JSON.parse(readFileSync(join(dir, 'index.json'), 'utf8'));
    expect(index.annotations).toEqual({ note: 'kept' });
    expect(index.manifests).toContainEqual(other);
    expect(index.manifests).toHaveLength(2);
  });

  it('does not choose between two manifests of one name, until the name is written anew', async () => {
    const { dir, layout, image } = await newLayout();
    const other = await pushImage(layout, 'b');
    writeIndex(dir, [named(image.descriptor, 'v1'), named(other.descriptor, 'v1')]);
    const opened = await openLayout(dir);
    expect(await codeOf(opened.resolve('v1'))).toBe('LAYOUT_INVALID');
    await opened.tag(other, 'v1');
    expect((await opened.resolve('v1')).descriptor.digest).toBe(other.descriptor.digest);
    expect((await opened.resolve(image.descriptor.digest)).descriptor).toEqual(image.descriptor);
  });

  it('says that its listing has a gap when a manifest is damaged, after what it could read', async () => {
    const { dir, layout, image } = await newLayout();
    const good = await pushReferrer(layout, image.descriptor, 'good');
    const bad = await pushReferrer(layout, image.descriptor, 'bad');
    writeFileSync(fileOf(dir, bad.descriptor), Buffer.from(bad.bytes).fill(32, 0, 1));
    const seen: string[] = [];
    const read = async (): Promise<void> => {
      for await (const page of (await openLayout(dir)).referrers(image.descriptor))
        seen.push(...page.descriptors.map((entry) => entry.digest));
    };
    expect(await codeOf(read())).toBe('DIGEST_MISMATCH');
    expect(seen).toEqual([good.descriptor.digest]);
  });

  it('repairs a damaged blob that is pushed again', async () => {
    const { dir, layout } = await newLayout();
    const blob = await pushBlob(layout, 'damaged');
    writeFileSync(fileOf(dir, blob), 'DAMAGED');
    expect(await codeOf(layout.fetch(blob))).toBe('DIGEST_MISMATCH');
    expect(await codeOf(allOf(await layout.open(blob)))).toBe('DIGEST_MISMATCH');
    await pushBlob(layout, 'damaged');
    expect(Buffer.from(await layout.fetch(blob)).toString()).toBe('damaged');
  });

  it('is not left through links: a blob, a folder of blobs', async () => {
    const outside = tempDir();
    const { dir, layout } = await newLayout();
    const secret = describeBytes(Buffer.from('secret'));
    writeFileSync(join(outside, digestHex(secret.digest)), 'secret');
    symlinkSync(join(outside, digestHex(secret.digest)), fileOf(dir, secret));
    expect(await codeOf(layout.fetch(secret))).toBe('LAYOUT_INVALID');
    expect(await codeOf(layout.exists(secret))).toBe('LAYOUT_INVALID');
    rmSync(join(dir, 'blobs', 'sha256'), { recursive: true });
    symlinkSync(outside, join(dir, 'blobs', 'sha256'));
    expect(await codeOf(openLayout(dir))).toBe('LAYOUT_INVALID');
  });

  it('does not make a reader or a writer touch what its folder of unfinished files leads to', async () => {
    const outside = tempDir();
    for (const name of ['a file', 'folder/with a file']) {
      mkdirSync(dirname(join(outside, name)), { recursive: true });
      writeFileSync(join(outside, name), 'kept');
    }
    for (const name of readdirSync(outside)) utimesSync(join(outside, name), 1, 1); // older than any that is in use
    const { dir } = await newLayout();
    rmSync(join(dir, '.unfinished'), { recursive: true });
    symlinkSync(outside, join(dir, '.unfinished'));
    for (const options of [{}, { create: true }, { exclusive: true }])
      expect(await codeOf(openLayout(dir, options))).toBe('LAYOUT_INVALID');
    expect(readdirSync(outside, { recursive: true }).sort()).toEqual(['a file', 'folder', 'folder/with a file']);
  });

  it('loses a link among its unfinished files, not what the link leads to', async () => {
    const outside = tempDir();
    writeFileSync(join(outside, 'kept'), 'kept');
    const { dir } = await newLayout();
    symlinkSync(outside, join(dir, '.unfinished', 'link'));
    await openLayout(dir, { exclusive: true });
    expect(readdirSync(join(dir, '.unfinished'))).toEqual([]);
    expect(readdirSync(outside)).toEqual(['kept']);
  });

  it.skipIf(process.platform === 'win32')('does not make us wait for what is no file: pipes and devices', async () => {
    const pipe = (path: string): void => void execFileSync('mkfifo', [path]);
    const { dir, layout, image } = await newLayout();
    const blob = describeBytes(Buffer.from('never comes'));
    pipe(fileOf(dir, blob));
    expect(await codeOf(layout.fetch(blob))).toBe('LAYOUT_INVALID');
    expect(await codeOf(layout.open(blob))).toBe('LAYOUT_INVALID');
    pipe(join(dir, '.lock'));
    expect(await codeOf(layout.tag(image, 'v1'))).toBe('LAYOUT_INVALID');
    for (const name of ['index.json', 'oci-layout']) {
      const other = (await newLayout()).dir;
      for (const put of [pipe, (path: string) => symlinkSync('/dev/zero', path)]) {
        rmSync(join(other, name));
        put(join(other, name));
        expect(await codeOf(openLayout(other))).toBe('LAYOUT_INVALID');
      }
    }
  });

  it('is not read where its marker is larger than any', async () => {
    const { dir } = await newLayout();
    writeFileSync(join(dir, 'oci-layout'), `{"imageLayoutVersion":"1.0.0"}${' '.repeat(70_000)}`);
    expect(await codeOf(openLayout(dir))).toBe('TOO_LARGE');
  });

  it('is not made where no folder can be made, which is not the same as not being there', async () => {
    const file = join(tempDir(), 'file');
    writeFileSync(file, '');
    const places = [join(file, 'layout'), ...(process.platform === 'linux' ? ['/proc/signet'] : [])];
    for (const dir of places) expect(await codeOf(openLayout(dir, { create: true }))).toBe('IO');
  });

  it.each([
    ['no folder', 'NOT_FOUND', (dir: string) => rmSync(dir, { recursive: true })],
    ['no marker', 'LAYOUT_INVALID', (dir: string) => rmSync(join(dir, 'oci-layout'))],
    [
      'another version',
      'LAYOUT_INVALID',
      (dir: string) => writeFileSync(join(dir, 'oci-layout'), '{"imageLayoutVersion":"2.0.0"}'),
    ],
    ['a marker that is no JSON', 'JSON_INVALID', (dir: string) => writeFileSync(join(dir, 'oci-layout'), '1.0.0')],
    ['no index.json', 'LAYOUT_INVALID', (dir: string) => rmSync(join(dir, 'index.json'))],
    [
      'an index.json that breaks off',
      'JSON_INVALID',
      (dir: string) => writeFileSync(join(dir, 'index.json'), '{"schemaVersion":2,'),
    ],
    ['an index.json of another kind', 'LAYOUT_INVALID', (dir: string) => writeIndex(dir, [], { schemaVersion: 1 })],
    [
      'an entry with a path for a digest',
      'MANIFEST_INVALID',
      (dir: string) => writeIndex(dir, [{ mediaType: 'a/b', digest: 'sha256:../../x', size: 1 }]),
    ],
  ])('is refused when it has %s', async (_title, code, spoil) => {
    const { dir } = await newLayout();
    spoil(dir);
    for (const exclusive of [false, true]) expect(await codeOf(openLayout(dir, { exclusive }))).toBe(code);
  });

  it('is made where there is none, also below folders that are missing, and kept where there is one', async () => {
    const dir = join(tempDir(), 'a', 'b');
    const image = await pushImage(await openLayout(dir, { create: true }), 'a');
    mkdirSync(dirname(dir), { recursive: true });
    const again = await openLayout(dir, { create: true });
    expect(await again.exists(image.descriptor)).toBe(true);
  });
});
