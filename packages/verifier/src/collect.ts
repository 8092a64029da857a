import {
  type Descriptor,
  type Digest,
  digestAlgorithm,
  digestOf,
  type ImageManifest,
  type Manifest,
  MEDIA_TYPE_MANIFEST,
  parseManifest,
  RegistryError,
  type Resolved,
  type Source,
} from '@signet/oci';
import { toCandidate } from './candidates.ts';
import type { Asked, Envelope, Evidence, Skipped } from './evidence.ts';
import type { VerifyFormat } from './format.ts';
import { Gathering, limitGap } from './gathering.ts';
import type { VerifyLimits } from './limits.ts';
import { childFor, parsePlatformName } from './platform.ts';

/** From a tag to the manifest that it names: the registry's word, or a signed catalogue's. @throws {RegistryError} as Source.resolve */
export type TagResolver = (
  tag: string,
  source: Source,
  options: { readonly signal: AbortSignal; readonly maxBytes: number },
) => Promise<Resolved>;

/** Where evidence comes from, and how much of it. */
export interface CollectOptions {
  readonly source: Source;
  readonly formats: readonly VerifyFormat[];
  readonly limits: VerifyLimits;
  /** Default: the registry's word. */
  readonly resolve?: TagResolver;
  readonly signal?: AbortSignal;
}

/**
 * All I/O of a verification. Evidence as it arrives, cumulative: each one holds all before it, the last is `complete`. Everything that
 * can run side by side starts at once: a tag is resolved, then (by digest: at once) listing, the formats' tags and the image's manifest
 * are asked for together; manifests and payloads of candidates are read only when the consumer asks for more after what the listing
 * itself held. Who has enough stops iterating: what is on its way is then left to itself. Never throws. Rule: design.md 3, 7, 8.
 */
export async function* collect(asked: Asked, using: CollectOptions): AsyncGenerator<Evidence, void, void> {
  const gathering = new Gathering(asked, using.limits);
  const clock = startClock(using, () => gathering.notify());
  const context = { ...using, gathering, signal: clock.signal };
  try {
    if (asked.digest !== undefined && asked.platform === undefined) {
      startReading(asked.digest, context);
      gathering.run('resolve', () => readImage(asked.digest ?? '', context));
    } else {
      gathering.run('resolve', () => resolveImage(asked, context));
    }
    yield* whileReading(context);
    if (clock.signal.aborted) gathering.addGap(clock.gap());
    yield gathering.snapshot(true);
  } finally {
    gathering.end();
    clock.stop();
  }
}

interface Context extends CollectOptions {
  readonly gathering: Gathering;
  readonly signal: AbortSignal;
}

async function* whileReading({ gathering, signal }: Context): AsyncGenerator<Evidence, void, void> {
  while (!signal.aborted) {
    if (gathering.isNews) yield gathering.snapshot(false);
    if (gathering.isNews) continue;
    gathering.startReads();
    if (gathering.isIdle) return;
    await gathering.change();
  }
}

/** The bound on the whole, and the caller's own signal. When it fires, requests in flight are broken off. */
function startClock(using: CollectOptions, onEnd: () => void) {
  const controller = new AbortController();
  controller.signal.addEventListener('abort', onEnd, { once: true });
  const timer = setTimeout(() => controller.abort(), using.limits.totalMs);
  const onAbort = () => controller.abort();
  using.signal?.addEventListener('abort', onAbort, { once: true });
  if (using.signal?.aborted === true) controller.abort();
  return {
    signal: controller.signal,
    gap: () =>
      using.signal?.aborted === true
        ? ({ what: 'time', code: 'ABORTED', message: 'it was broken off' } as const)
        : ({ what: 'time', code: 'TIMEOUT', message: `not done within ${using.limits.totalMs} ms` } as const),
    stop: () => {
      clearTimeout(timer);
      using.signal?.removeEventListener('abort', onAbort);
    },
  };
}

/** By tag, or the child of an index: what is asked is known only after the first answer. */
async function resolveImage(asked: Asked, context: Context): Promise<void> {
  const { source, gathering } = context;
  const resolve: TagResolver = context.resolve ?? ((tag, from, options) => from.resolve(tag, options));
  const resolved =
    asked.digest === undefined
      ? await resolve(asked.tag ?? 'latest', source, readOptions(context))
      : await source.resolve(asked.digest, readOptions(context));
  const descriptor =
    asked.platform === undefined ? resolved.descriptor : childFor(resolved, parsePlatformName(asked.platform));
  if (typeof descriptor === 'string') {
    gathering.addGap({ what: 'resolve', code: 'PLATFORM_NOT_FOUND', message: descriptor });
    return;
  }
  startReading(descriptor.digest, context);
  gathering.subject = { digest: descriptor.digest, descriptor };
}

/** By digest the image's own manifest is read beside its signatures: an unknown digest is not an unsigned image. */
async function readImage(digest: string, context: Context): Promise<void> {
  const { descriptor } = await context.source.resolve(digest, readOptions(context));
  context.gathering.subject = { digest: descriptor.digest, descriptor };
}

function startReading(digest: Digest, context: Context): void {
  const { gathering, formats } = context;
  gathering.subject = { digest };
  gathering.run('referrers', () => readListing(digest, context));
  for (const format of formats) {
    for (const tag of format.tagsFor(digest)) gathering.run('manifest', () => readTag(tag, digest, context));
  }
}

async function readListing(digest: Digest, context: Context): Promise<void> {
  const { gathering, source } = context;
  const seen = new Set<Digest>();
  const subject = { mediaType: MEDIA_TYPE_MANIFEST, digest, size: 0 }; // only its digest is asked with
  for await (const page of source.referrers(subject, readOptions(context))) {
    const fresh = page.descriptors.filter(({ digest: each }) => !seen.has(each) && seen.add(each));
    takePage(fresh, digest, context);
    if (gathering.isEnded) return;
    gathering.notify();
  }
}

/** Envelopes embedded in the listing first; the manifests stand in line for when those do not suffice. */
function takePage(descriptors: readonly Descriptor[], digest: Digest, context: Context): void {
  const { gathering, formats } = context;
  const later: Descriptor[] = [];
  for (const descriptor of descriptors) {
    const candidate = toCandidate(descriptor, formats);
    if (candidate.kind === 'skipped') {
      gathering.addSkipped(candidate.skipped);
      continue;
    }
    if (candidate.embedded !== undefined) gathering.addEnvelope(candidate.embedded);
    later.push(descriptor);
  }
  const reads = later.toSorted((a, b) => rank(a) - rank(b)).map((each) => () => readReferrer(each, digest, context));
  gathering.enqueue('manifest', reads, 'last');
}

/** Those that say they are image signatures before the unsaid, attestations last: an order, no exclusion. */
function rank({ annotations }: Descriptor): number {
  const predicate = annotations?.['dev.sigstore.bundle.predicateType'];
  return predicate === 'https://sigstore.dev/cosign/sign/v1' ? 0 : predicate === undefined ? 1 : 2;
}

async function readReferrer(descriptor: Descriptor, digest: Digest, context: Context): Promise<void> {
  const { gathering, source } = context;
  const skip = (code: Skipped['code'], message: string) =>
    gathering.addSkipped({ origin: descriptor.digest, code, message });
  let bytes: Uint8Array;
  try {
    bytes = await source.fetch(descriptor, readOptions(context));
  } catch (error) {
    if (!isNotFound(error)) throw error;
    skip('REFERRER_GONE', 'listed, but its manifest is not there any more');
    return;
  }
  const manifest = readable(bytes, descriptor.mediaType);
  if (typeof manifest === 'string') return skip('MANIFEST_INVALID', manifest);
  if (manifest.subject === undefined)
    return skip('SUBJECT_MISSING', 'listed as a referrer, but its manifest names no subject');
  if (manifest.subject.digest !== digest) {
    return skip('SUBJECT_MISMATCH', `listed as a referrer of ${digest}, but its subject is ${manifest.subject.digest}`);
  }
  takeManifest(manifest, descriptor.digest, context);
}

/** A tag of the older cosign form; that it is not there is the usual case. */
async function readTag(tag: string, digest: Digest, context: Context): Promise<void> {
  const { gathering, source } = context;
  let resolved: Resolved;
  try {
    resolved = await source.resolve(tag, readOptions(context));
  } catch (error) {
    if (isNotFound(error)) return;
    throw error;
  }
  const origin = resolved.descriptor.digest;
  const manifest = readable(resolved.bytes, resolved.descriptor.mediaType);
  if (typeof manifest === 'string')
    return gathering.addSkipped({ origin, code: 'MANIFEST_INVALID', message: manifest });
  if (manifest.subject !== undefined && manifest.subject.digest !== digest) {
    return gathering.addSkipped({
      origin,
      code: 'SUBJECT_MISMATCH',
      message: `its subject is ${manifest.subject.digest}`,
    });
  }
  takeManifest(manifest, origin, context);
}

function takeManifest(manifest: ImageManifest, origin: Digest, context: Context): void {
  const { gathering, formats } = context;
  const reads: (() => Promise<void>)[] = [];
  let found = 0;
  // The newest first: who signs again appends.
  for (const layer of manifest.layers.toReversed()) {
    const format = formats.find((each) => each.recogniseLayer(layer));
    if (format === undefined) continue;
    found += 1;
    const rest = {
      format: format.name,
      origin,
      ...(manifest.subject === undefined ? {} : { manifestSubject: manifest.subject.digest }),
      mediaType: layer.mediaType,
      annotations: layer.annotations ?? {},
    };
    reads.push(...takeLayer(layer, rest, context));
  }
  gathering.enqueue('blob', reads, 'next');
  if (found === 0) {
    gathering.addSkipped({
      origin,
      code: 'NO_ENVELOPE',
      message: 'no layer holds a signature of a format that is verified here',
    });
  }
}

/** `data` of the descriptor where it is what the descriptor says; else the read of the blob, to be queued. */
function takeLayer(layer: Descriptor, rest: Omit<Envelope, 'bytes' | 'foundIn'>, context: Context) {
  const { gathering, limits, source } = context;
  const { data, digest, size } = layer;
  if (size > limits.maxEnvelopeBytes) {
    gathering.addGap({ ...limitGap(`an envelope of ${size} bytes (at most ${limits.maxEnvelopeBytes})`), digest });
    return [];
  }
  if (data !== undefined && data.length === size && digestOf(data, digestAlgorithm(digest)) === digest) {
    gathering.addEnvelope({ ...rest, foundIn: 'manifest', bytes: data });
    return [];
  }
  const read = async (): Promise<void> => {
    const bytes = await source.fetch(layer, { signal: context.signal, maxBytes: limits.maxEnvelopeBytes });
    gathering.addEnvelope({ ...rest, foundIn: 'blob', bytes });
  };
  return [read];
}

/** The manifest, or why it is none that could hold signatures. */
function readable(bytes: Uint8Array, mediaType: string): ImageManifest | string {
  let manifest: Manifest;
  try {
    manifest = parseManifest(bytes, mediaType);
  } catch (error) {
    if (error instanceof RegistryError) return error.message;
    throw error;
  }
  return manifest.kind === 'manifest' ? manifest : 'an index, not a manifest with layers';
}

function readOptions({ signal, limits }: Context) {
  return { signal, maxBytes: limits.maxManifestBytes };
}

function isNotFound(error: unknown): boolean {
  return error instanceof RegistryError && error.code === 'NOT_FOUND';
}
