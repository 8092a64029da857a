import {
  type Descriptor,
  type DigestAlgorithm,
  digestOf,
  emptyContent,
  emptyDescriptor,
  encodeManifest,
  MEDIA_TYPE_CONFIG,
  MEDIA_TYPE_LAYER_GZIP,
  type Resolved,
  type Source,
  type Store,
} from '@signet/oci';

export const octets = 'application/octet-stream';
export const testType = 'application/vnd.example.test';

/** The descriptor of these bytes. */
export function describeBytes(
  bytes: Uint8Array,
  mediaType: string = octets,
  algorithm: DigestAlgorithm = 'sha256',
): Descriptor {
  return { mediaType, digest: digestOf(bytes, algorithm), size: bytes.length };
}

/** Pushes a blob with this text. */
export async function pushBlob(store: Store, text: string, mediaType: string = octets): Promise<Descriptor> {
  const bytes = Buffer.from(text);
  const blob = describeBytes(bytes, mediaType);
  await store.push(bytes, blob);
  return blob;
}

/** Pushes an image with a config and one layer, both of its own. */
export async function pushImage(store: Store, name: string): Promise<Resolved> {
  const config = await pushBlob(store, JSON.stringify({ architecture: 'amd64', os: 'linux', name }), MEDIA_TYPE_CONFIG);
  const layer = await pushBlob(store, `layer of ${name}`, MEDIA_TYPE_LAYER_GZIP);
  return await pushManifest(store, encodeManifest({ kind: 'manifest', config, layers: [layer] }));
}

/** Pushes an artifact that refers to the subject. */
export async function pushReferrer(
  store: Store,
  subject: Descriptor,
  name: string,
  artifactType: string = testType,
): Promise<Resolved> {
  await store.push(emptyContent, emptyDescriptor);
  const layer = await pushBlob(store, `proof ${name}`);
  const { mediaType, digest, size } = subject;
  const manifest = encodeManifest({
    kind: 'manifest',
    artifactType,
    layers: [layer],
    subject: { mediaType, digest, size },
    annotations: { name },
  });
  return await pushManifest(store, manifest);
}

export async function pushManifest(store: Store, manifest: Resolved): Promise<Resolved> {
  await store.push(manifest.bytes, manifest.descriptor);
  return manifest;
}

/** Every digest that the source lists for the subject, in order of digest. */
export async function referrerDigests(source: Source, subject: Descriptor): Promise<readonly string[]> {
  const digests: string[] = [];
  for await (const page of source.referrers(subject)) digests.push(...page.descriptors.map((entry) => entry.digest));
  return digests.sort();
}

export async function allOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

/** The text as a stream in pieces of three bytes. */
export async function* streamOf(text: string): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0; at < text.length; at += 3) yield Buffer.from(text.slice(at, at + 3));
}
