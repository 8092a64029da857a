import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Descriptor, digestOf, encodeManifest, openLayout, parseManifest, toDescriptorJson } from '@signet/oci';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { haveShared, shared } from '../support/shared.ts';
import { tempDir } from '../support/temp.ts';
import { pushImage } from './images.ts';

const schemaPath = 'vectors/schemas/oci-image';
const schemas = shared(schemaPath);
const mediaType = fc.stringMatching(/^[a-z][a-z0-9.+-]{0,20}\/[a-z][a-z0-9.+-]{0,20}$/);
const annotations = fc.dictionary(fc.string({ minLength: 1, maxLength: 20 }), fc.string({ maxLength: 40 }), {
  maxKeys: 4,
  noNullPrototype: true,
});
const descriptor: fc.Arbitrary<Descriptor> = fc
  .record(
    {
      mediaType,
      content: fc.uint8Array({ maxLength: 40 }),
      algorithm: fc.constantFrom('sha256' as const, 'sha512' as const),
      annotations,
      artifactType: mediaType,
      isEmbedded: fc.boolean(),
    },
    { requiredKeys: ['mediaType', 'content', 'algorithm', 'isEmbedded'] },
  )
  .map(({ content, algorithm, isEmbedded, ...rest }) => ({
    ...rest,
    digest: digestOf(content, algorithm),
    size: content.length,
    ...(isEmbedded ? { data: Buffer.from(content) } : {}),
  }));
const image = fc.record(
  {
    kind: fc.constant('manifest' as const),
    artifactType: mediaType,
    config: descriptor,
    layers: fc.array(descriptor, { minLength: 1, maxLength: 3 }),
    subject: descriptor,
    annotations,
  },
  { requiredKeys: ['kind', 'artifactType'] },
);
const index = fc.record(
  {
    kind: fc.constant('index' as const),
    manifests: fc.array(descriptor, { maxLength: 3 }),
    subject: descriptor,
    annotations,
  },
  { requiredKeys: ['kind', 'manifests'] },
);

describe('encodeManifest', () => {
  it('writes what is read back the same', () => {
    fc.assert(
      fc.property(fc.oneof(image, index), (manifest) => {
        const encoded = encodeManifest(manifest);
        expect(parseManifest(encoded.bytes, encoded.descriptor.mediaType)).toEqual({
          mediaType: encoded.descriptor.mediaType,
          ...(manifest.kind === 'manifest' ? parsedDefaults : {}),
          ...manifest,
        });
      }),
    );
  });
});

const empty = encodeManifest({ kind: 'manifest', artifactType: 'a/b' });
const { config, layers } = parseManifest(empty.bytes) as Extract<
  ReturnType<typeof parseManifest>,
  { kind: 'manifest' }
>;
const parsedDefaults = { config, layers };

/** The published schemas name one another by these addresses. */
function validator(name: string): (value: unknown) => readonly string[] {
  const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true });
  for (const file of readdirSync(schemas)) {
    // Draft 4 as published: ajv knows its keywords, but neither its name nor its `id`.
    const text = readFileSync(join(schemas, file), 'utf8').replace(/"(?:id|\$schema)": "[^"]*",/g, '');
    const schema = JSON.parse(text);
    ajv.addSchema(schema, file);
  }
  const validate = ajv.getSchema(name);
  return (value) => {
    if (validate === undefined) return [`no schema ${name}`];
    return validate(value) ? [] : [ajv.errorsText(validate.errors)];
  };
}

describe.skipIf(!haveShared(schemaPath))('the published OCI schemas', () => {
  it('accept every manifest, index and descriptor that we write, and refuse a broken one', () => {
    const isManifest = validator('image-manifest-schema.json');
    const isIndex = validator('image-index-schema.json');
    const isDescriptor = validator('content-descriptor.json');
    const json = (bytes: Uint8Array): unknown => JSON.parse(Buffer.from(bytes).toString());
    const check = <T>(values: fc.Arbitrary<T>, errorsOf: (value: T) => readonly string[]): void =>
      fc.assert(
        fc.property(values, (value) => {
          expect(errorsOf(value)).toEqual([]);
        }),
      );
    check(image, (manifest) => isManifest(json(encodeManifest(manifest).bytes)));
    check(index, (manifest) => isIndex(json(encodeManifest(manifest).bytes)));
    check(descriptor, (each) => isDescriptor(JSON.parse(JSON.stringify(toDescriptorJson(each)))));
    expect(isManifest({ ...(json(empty.bytes) as object), layers: [{ size: -1 }] })).not.toEqual([]);
  });

  it('accept the index.json and oci-layout of a layout', async () => {
    const dir = tempDir();
    const layout = await openLayout(dir, { create: true });
    await layout.tag(await pushImage(layout, 'a'), 'v1');
    await pushImage(layout, 'b');
    const read = (name: string): unknown => JSON.parse(readFileSync(join(dir, name), 'utf8'));
    expect(validator('image-index-schema.json')(read('index.json'))).toEqual([]);
    expect(validator('image-layout-schema.json')(read('oci-layout'))).toEqual([]);
  });
});
