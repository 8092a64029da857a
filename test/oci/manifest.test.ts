import {
  artifactTypeOf,
  type Descriptor,
  digestOf,
  emptyDescriptor,
  encodeManifest,
  MEDIA_TYPE_DOCKER_LIST,
  MEDIA_TYPE_DOCKER_MANIFEST,
  MEDIA_TYPE_INDEX,
  MEDIA_TYPE_MANIFEST,
  parseManifest,
  partsOf,
  toReferrerDescriptor,
} from '@signet/oci';
import { describe, expect, it } from 'vitest';
import { thrownCode } from './code-of.ts';

const part = (text: string, mediaType = 'application/octet-stream'): Descriptor => ({
  mediaType,
  digest: digestOf(Buffer.from(text)),
  size: text.length,
});
const image = {
  schemaVersion: 2,
  mediaType: MEDIA_TYPE_MANIFEST,
  config: part('config', 'application/vnd.example.config'),
  layers: [part('layer')],
};
const index = { schemaVersion: 2, mediaType: MEDIA_TYPE_INDEX, manifests: [part('child', MEDIA_TYPE_MANIFEST)] };
const parse = (value: unknown, stated?: string): ReturnType<typeof parseManifest> =>
  parseManifest(Buffer.from(JSON.stringify(value)), stated);

describe('parseManifest', () => {
  it('reads OCI and Docker manifests and indexes', () => {
    expect(parse(image)).toMatchObject({ kind: 'manifest', layers: image.layers });
    expect(parse(index)).toMatchObject({ kind: 'index', manifests: index.manifests });
    expect(parse({ ...image, mediaType: MEDIA_TYPE_DOCKER_MANIFEST }).kind).toBe('manifest');
    expect(parse({ ...index, mediaType: MEDIA_TYPE_DOCKER_LIST }).kind).toBe('index');
  });

  it('takes the type from the sender or the members where the body has none', () => {
    const { mediaType: _one, ...bareImage } = image;
    const { mediaType: _other, ...bareIndex } = index;
    expect(parse(bareImage).mediaType).toBe(MEDIA_TYPE_MANIFEST);
    expect(parse(bareIndex).mediaType).toBe(MEDIA_TYPE_INDEX);
    expect(parse(bareImage, MEDIA_TYPE_DOCKER_MANIFEST).mediaType).toBe(MEDIA_TYPE_DOCKER_MANIFEST);
  });

  it('takes null where Go writes it', () => {
    expect(partsOf(parse({ ...image, layers: null, annotations: null, subject: null }))).toHaveLength(1);
    expect(partsOf(parse({ ...index, manifests: null }))).toEqual([]);
  });

  it.each([
    ['another schema version', { ...image, schemaVersion: 1 }],
    ['an unknown type', { ...image, mediaType: 'application/json' }],
    ['a type that is no text', { ...image, mediaType: 2 }],
    ['an artifact type that is no text', { ...image, artifactType: 2 }],
    ['children in a manifest', { ...image, manifests: [] }],
    ['layers in an index', { ...index, layers: [] }],
    ['a config in an index', { ...index, config: image.config }],
    ['schema 1 layers', { ...image, fsLayers: [] }],
    ['no config', { ...image, config: undefined }],
    ['no layers', { ...image, layers: undefined }],
    ['a layer without digest', { ...image, layers: [{ ...part('x'), digest: undefined }] }],
    ['an upper-case digest', { ...image, layers: [{ ...part('x'), digest: part('x').digest.toUpperCase() }] }],
    ['a negative size', { ...image, layers: [{ ...part('x'), size: -1 }] }],
    ['a size of parts', { ...image, layers: [{ ...part('x'), size: 1.5 }] }],
    ['a size beyond counting', { ...image, layers: [{ ...part('x'), size: 2 ** 60 }] }],
    ['data that is not base64', { ...image, layers: [{ ...part('x'), data: '*' }] }],
    ['annotations that are no texts', { ...image, annotations: { n: 1 } }],
    ['a subject that is no descriptor', { ...image, subject: 'sha256:x' }],
    ['a list instead of an object', [image]],
  ])('refuses %s', (_title, value) => {
    expect(thrownCode(() => parse(value))).toBe('MANIFEST_INVALID');
  });

  it('refuses a body whose type is not the one that was stated', () => {
    expect(thrownCode(() => parse(image, MEDIA_TYPE_INDEX))).toBe('MANIFEST_INVALID');
    const { mediaType: _type, ...bare } = image;
    expect(thrownCode(() => parse(bare, MEDIA_TYPE_INDEX))).toBe('MANIFEST_INVALID');
  });

  it('gives the type that listings show, and the annotations', () => {
    expect(artifactTypeOf(parse(image))).toBe('application/vnd.example.config');
    expect(artifactTypeOf(parse({ ...image, artifactType: 'application/vnd.example.own' }))).toBe(
      'application/vnd.example.own',
    );
    expect(artifactTypeOf(parse(index))).toBeUndefined();
    const listed = toReferrerDescriptor(parse({ ...image, annotations: { a: 'b' } }), part('it', MEDIA_TYPE_MANIFEST));
    expect(listed).toMatchObject({ artifactType: 'application/vnd.example.config', annotations: { a: 'b' } });
  });
});

describe('encodeManifest', () => {
  it('refuses what the specification forbids', () => {
    const codes = [
      () => encodeManifest({ kind: 'manifest' }),
      () => encodeManifest({ kind: 'manifest', artifactType: 'not a type' }),
      () => encodeManifest({ kind: 'manifest', artifactType: 'a/b', layers: [] }),
      () => encodeManifest({ kind: 'manifest', artifactType: 'a/b', layers: [part('x', 'no type')] }),
      () => encodeManifest({ kind: 'index', manifests: [part('x', '')] }),
    ].map(thrownCode);
    expect(codes).toEqual(codes.map(() => 'MANIFEST_INVALID'));
  });

  it('uses the empty config and layer where none is given', () => {
    const { bytes, descriptor } = encodeManifest({ kind: 'manifest', artifactType: 'a/b' });
    expect(parseManifest(bytes)).toMatchObject({ config: emptyDescriptor, layers: [emptyDescriptor] });
    expect(descriptor).toMatchObject({ digest: digestOf(bytes), size: bytes.length });
  });
});
