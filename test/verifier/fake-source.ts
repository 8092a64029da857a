import {
  type Descriptor,
  type Digest,
  digestOf,
  isDigest,
  MEDIA_TYPE_EMPTY,
  MEDIA_TYPE_MANIFEST,
  type ReferrersPage,
  RegistryError,
  type Resolved,
  type Source,
  toDescriptorJson,
} from '@signet/oci';

/** One request that a source was asked: `resolve 1.4`, `fetch sha256:…`, `referrers sha256:…`. */
export type Request = string;

/** A source for collecting alone: it says what it is told to say, lies included, and counts what it is asked. */
export interface FakeSource extends Source {
  readonly requests: Request[];
  readonly blobs: Map<Digest, Uint8Array>;
  readonly tagged: Map<string, Resolved>;
  /** Pages of the listing, in order. */
  pages: readonly ReferrersPage[];
  /** The listing of one subject; `pages` unless told. */
  pagesOf: (subject: Digest) => readonly ReferrersPage[];
  /** Called before every answer: throw to fail, wait to be slow. */
  before: (request: Request, signal: AbortSignal | undefined) => Promise<void> | void;
  /** Thrown after all pages. */
  listingError: RegistryError | undefined;
}

export function createFakeSource(): FakeSource {
  const notFound = (what: string) => new RegistryError('NOT_FOUND', `${what} is not there`);
  const source: FakeSource = {
    requests: [],
    blobs: new Map(),
    tagged: new Map(),
    pages: [],
    pagesOf: () => source.pages,
    before: () => undefined,
    listingError: undefined,
    async resolve(reference, options) {
      await ask(`resolve ${reference}`, options?.signal);
      const found = source.tagged.get(reference);
      if (found !== undefined) return found;
      const bytes = isDigest(reference) ? source.blobs.get(reference) : undefined;
      if (bytes === undefined || !isDigest(reference)) throw notFound(reference);
      return { bytes, descriptor: { mediaType: MEDIA_TYPE_MANIFEST, digest: reference, size: bytes.length } };
    },
    async fetch(target, options) {
      await ask(`fetch ${target.digest}`, options?.signal);
      const bytes = source.blobs.get(target.digest);
      if (bytes === undefined) throw notFound(target.digest);
      if (bytes.length > (options?.maxBytes ?? Number.POSITIVE_INFINITY))
        throw new RegistryError('TOO_LARGE', 'too large');
      return bytes;
    },
    async *referrers(subject, options) {
      await ask(`referrers ${subject.digest}`, options?.signal);
      yield* source.pagesOf(subject.digest);
      if (source.listingError !== undefined) throw source.listingError;
    },
    open: () => Promise.reject(new RegistryError('UNSUPPORTED', 'not asked by a verifier')),
    exists: () => Promise.reject(new RegistryError('UNSUPPORTED', 'not asked by a verifier')),
    tags: () => {
      throw new RegistryError('UNSUPPORTED', 'not asked by a verifier');
    },
  };
  const ask = async (request: Request, signal: AbortSignal | undefined) => {
    source.requests.push(request);
    await source.before(request, signal);
  };
  return source;
}

/** Stores bytes under their digest. */
export function addBlob(source: FakeSource, bytes: Uint8Array, mediaType: string = MEDIA_TYPE_MANIFEST): Resolved {
  const digest = digestOf(bytes);
  source.blobs.set(digest, bytes);
  return { bytes, descriptor: { mediaType, digest, size: bytes.length } };
}

/** What may differ in a signature manifest. */
export interface ReferrerOptions {
  readonly subject?: Digest | undefined;
  readonly layerType?: string;
  readonly layerAnnotations?: Readonly<Record<string, string>>;
  /** The envelope in the layer's `data`. */
  readonly data?: boolean;
  /** The blob itself is stored: true unless told. */
  readonly stored?: boolean;
}

/** A signature manifest with one layer for each envelope. */
export function addSignatureManifest(
  source: FakeSource,
  envelopes: readonly Uint8Array[],
  options: ReferrerOptions,
): Descriptor {
  const layers = envelopes.map((bytes) => {
    const descriptor: Descriptor = {
      mediaType: options.layerType ?? 'application/vnd.example.signature',
      digest: digestOf(bytes),
      size: bytes.length,
      ...(options.layerAnnotations === undefined ? {} : { annotations: options.layerAnnotations }),
      ...(options.data === true ? { data: bytes } : {}),
    };
    if (options.stored !== false) source.blobs.set(descriptor.digest, bytes);
    return toDescriptorJson(descriptor);
  });
  const manifest = {
    schemaVersion: 2,
    mediaType: MEDIA_TYPE_MANIFEST,
    config: { mediaType: MEDIA_TYPE_EMPTY, digest: digestOf(Buffer.from('{}')), size: 2 },
    layers,
    ...(options.subject === undefined
      ? {}
      : { subject: { mediaType: MEDIA_TYPE_MANIFEST, digest: options.subject, size: 1 } }),
  };
  return addBlob(source, Buffer.from(JSON.stringify(manifest))).descriptor;
}
