import {
  type Descriptor,
  type Digest,
  digestOf,
  MEDIA_TYPE_INDEX,
  MEDIA_TYPE_MANIFEST,
  RegistryError,
  type Resolved,
} from '@signet/oci';
import { buildTree, renderTree } from '@signet/verifier';
import { beforeEach, describe, expect, it } from 'vitest';
import { addBlob, addSignatureManifest, createFakeSource, type FakeSource } from '../fake-source.ts';

let source: FakeSource;
let listings: Map<Digest, readonly Descriptor[]>;

beforeEach(() => {
  source = createFakeSource();
  listings = new Map();
  source.pagesOf = (subject) => [{ via: 'api', descriptors: listings.get(subject) ?? [] }];
});

function addIndex(...children: readonly Resolved[]): Resolved {
  const manifests = children.map(({ descriptor }, at) => ({
    ...descriptor,
    platform: { os: 'linux', architecture: ['amd64', 'arm64'][at] ?? 'other' },
  }));
  return addBlob(
    source,
    Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: MEDIA_TYPE_INDEX, manifests })),
    MEDIA_TYPE_INDEX,
  );
}

const addImage = (text: string): Resolved => {
  const descriptor = addSignatureManifest(source, [Buffer.from(text)], {});
  return { descriptor, bytes: source.blobs.get(descriptor.digest) ?? Buffer.alloc(0) };
};

describe('buildTree', () => {
  it('shows platforms, referrers of referrers, and tags made from the digest', async () => {
    const child = addImage('one');
    const index = addIndex(child, addImage('two'));
    const signature = addSignatureManifest(source, [Buffer.from('signature')], { subject: index.descriptor.digest });
    const onSignature = addSignatureManifest(source, [Buffer.from('on it')], { subject: signature.digest });
    const old = addSignatureManifest(source, [Buffer.from('a'), Buffer.from('b')], {});
    listings.set(index.descriptor.digest, [signature]);
    listings.set(signature.digest, [onSignature]);
    source.tagged.set(`${child.descriptor.digest.replace(':', '-')}.sig`, {
      descriptor: old,
      bytes: source.blobs.get(old.digest) ?? Buffer.alloc(0),
    });

    const tree = await buildTree(source, index);
    expect(tree.gaps).toEqual([]);
    const [first, second, referrer] = tree.root.children;
    expect(first?.link).toEqual({ kind: 'platform', platform: 'linux/amd64' });
    expect(first?.children).toMatchObject([{ digest: old.digest, layers: 2, link: { kind: 'tag' } }]);
    expect(second?.children).toEqual([]);
    expect(referrer).toMatchObject({
      digest: signature.digest,
      link: { kind: 'referrer' },
      children: [{ digest: onSignature.digest }],
    });

    const text = renderTree(tree, 'r.example/app:1');
    expect(text).toContain(`r.example/app:1  ${index.descriptor.digest}`);
    expect(text).toContain(`├── linux/amd64  ${child.descriptor.digest}`);
    expect(text).toContain(`│   └── .sig  ${old.digest}  2 layer(s)`);
    expect(text).toContain(`    └── `);
    expect(JSON.parse(JSON.stringify(tree))).toEqual(tree);
  });

  it('what cannot be read is a gap', async () => {
    const image = addImage('one');
    listings.set(image.descriptor.digest, [
      { mediaType: MEDIA_TYPE_MANIFEST, digest: digestOf(Buffer.from('gone')), size: 1 },
      addBlob(source, Buffer.from('{')).descriptor,
    ]);
    const tree = await buildTree(source, image);
    expect(tree.gaps.map(({ what, code }) => `${what} ${code}`).toSorted()).toEqual([
      'manifest JSON_INVALID',
      'manifest NOT_FOUND',
    ]);
    source.referrers = () => {
      throw new RegistryError('FORBIDDEN', '\u001b[2J');
    };
    const refused = await buildTree(source, image);
    expect(refused.gaps).toMatchObject([{ what: 'referrers', code: 'FORBIDDEN' }]);
    expect(renderTree(refused, '\u202ename').replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });

  it('ends at its bounds', async () => {
    const image = addImage('one');
    listings.set(
      image.descriptor.digest,
      Array.from({ length: 50 }, (_, at) =>
        addSignatureManifest(source, [Buffer.from(`${at}`)], { subject: image.descriptor.digest }),
      ),
    );
    const tree = await buildTree(source, image, { maxNodes: 11, concurrency: 3 });
    expect(tree.root.children).toHaveLength(10);
    expect(tree.gaps).toMatchObject([{ what: 'limit', code: 'LIMIT_REACHED' }]);
    expect((await buildTree(source, image, { maxDepth: 1 })).gaps[0]).toMatchObject({ what: 'limit' });
  });
});
