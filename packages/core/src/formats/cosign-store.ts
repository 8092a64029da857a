import { type Descriptor, digestOf, RegistryError, type Store } from '@signet/oci';
import { EnvelopeError } from '../errors.ts';
import type { SignatureArtifact, SignatureStore, StoredSignature } from '../format.ts';
import { type CosignImage, layerId, MAX_COSIGN_LAYERS, readCosignImage, toCosignImage } from './cosign-image.ts';

/** Writes of one manifest that are tried: each lost race costs one. */
const maxTries = 20;
/** Reads in a row that must show all layers. Rule: design.md 7 "writes are safe". */
const neededReads = 2;

/** Writers through one Store to one tag wait for each other: they would only take each other's tries. */
const writing = new WeakMap<Store, Map<string, Promise<unknown>>>();

/**
 * Appends the signature to the `.sig` manifest without losing another writer's: the tag is written on condition, read again after a while,
 * and merged and written again until two reads show ours and every layer that was ever seen. Rule: wire-formats 2.4, 6.1.
 * @throws {EnvelopeError} SIGNATURE_NOT_STORED; {RegistryError} what the store throws
 */
export function storeCosign(artifact: SignatureArtifact, tag: string, to: SignatureStore): Promise<StoredSignature> {
  const queues = writing.get(to.store) ?? new Map<string, Promise<unknown>>();
  writing.set(to.store, queues);
  const own = (queues.get(tag) ?? Promise.resolve()).then(() => append(artifact, tag, to));
  const settled = own.then(
    () => undefined,
    () => undefined, // the failure is the caller's to see, through `own`
  );
  queues.set(tag, settled);
  void settled.then(() => {
    if (queues.get(tag) === settled) queues.delete(tag);
  });
  return own;
}

async function append(artifact: SignatureArtifact, tag: string, to: SignatureStore): Promise<StoredSignature> {
  const layer: Descriptor = {
    mediaType: artifact.envelopeMediaType,
    digest: digestOf(artifact.envelope),
    size: artifact.envelope.length,
    annotations: artifact.layerAnnotations,
  };
  await to.store.push(artifact.envelope, layer, signalOf(to));
  const wanted = new Map<string, Descriptor>();
  for (let attempt = 1; attempt <= maxTries; attempt += 1) {
    const now = await readBelieved(tag, to, wanted.size > 0);
    const layers = merged(now, wanted, layer);
    if (now !== undefined && now.manifest.layers.length === layers.length) {
      if (await isSettled({ tag, wanted, to })) return readBack(artifact, layer, { tag, to });
    } else {
      await write({ now, layers, tag }, to);
      const crowding = 1 + Math.min(attempt, 8) / 4;
      await to.pace.wait(50 + 150 * to.pace.random() * crowding, to.signal);
    }
  }
  throw notStored(tag, `it was changed by others in each of ${maxTries} tries`);
}

/**
 * docker-registry answers a passing 404 while a tag is overwritten. Taken for the truth it would empty the image, so none is believed before
 * it was given again a moment later. Rule: wire-formats 2.6.
 */
async function readBelieved(tag: string, to: SignatureStore, isKnown: boolean): Promise<CosignImage | undefined> {
  for (let again = isKnown ? 3 : 1; ; again -= 1) {
    const image = await readCosignImage(tag, to);
    if (image !== undefined || again === 0) return image;
    await to.pace.wait(20 + 20 * to.pace.random(), to.signal);
  }
}

/** Those of the manifest in their order, then those that were seen before and are gone, then ours. */
function merged(now: CosignImage | undefined, wanted: Map<string, Descriptor>, own: Descriptor): readonly Descriptor[] {
  const layers = new Map<string, Descriptor>();
  const add = (each: Descriptor) => layers.set(layerId(each), layers.get(layerId(each)) ?? each);
  for (const each of [...(now?.manifest.layers ?? []), ...wanted.values(), own]) add(each);
  if (layers.size > MAX_COSIGN_LAYERS)
    throw new EnvelopeError('SIGNATURE_NOT_STORED', `the image has ${MAX_COSIGN_LAYERS} signatures already`);
  for (const [id, each] of layers) wanted.set(id, each);
  return [...layers.values()];
}

interface Write {
  readonly now: CosignImage | undefined;
  readonly layers: readonly Descriptor[];
  readonly tag: string;
}

/** A lost race is no failure: the next round merges. */
async function write({ now, layers, tag }: Write, to: SignatureStore): Promise<void> {
  const next = toCosignImage(layers, now?.manifest);
  await to.store.push(next.config.bytes, next.config.descriptor, signalOf(to));
  try {
    const condition = { expected: now?.resolved.descriptor.digest ?? null };
    await to.store.tag(next.resolved, tag, { ...signalOf(to), condition });
  } catch (error) {
    if (!(error instanceof RegistryError && error.code === 'CONFLICT')) throw error;
  }
}

interface Settling {
  readonly tag: string;
  readonly wanted: ReadonlyMap<string, Descriptor>;
  readonly to: SignatureStore;
}

/** The read just before was the first of them. */
async function isSettled({ tag, wanted, to }: Settling): Promise<boolean> {
  for (let read = 1; read < neededReads; read += 1) {
    await to.pace.wait(50 + 150 * to.pace.random(), to.signal);
    const ids = new Set((await readCosignImage(tag, to))?.manifest.layers.map(layerId));
    if (![...wanted.keys()].every((id) => ids.has(id))) return false;
  }
  return true;
}

async function readBack(
  { envelope }: SignatureArtifact,
  layer: Descriptor,
  { tag, to }: { readonly tag: string; readonly to: SignatureStore },
): Promise<StoredSignature> {
  const image = await readCosignImage(tag, to);
  const isThere = image?.manifest.layers.some((each) => layerId(each) === layerId(layer)) ?? false;
  if (image === undefined || !isThere) throw notStored(tag, 'it was removed just after it was written');
  const bytes = await to.store.fetch(layer, signalOf(to));
  if (!Buffer.from(bytes).equals(envelope)) throw notStored(tag, 'its payload came back with other bytes');
  return { manifest: image.resolved.descriptor.digest, via: 'sig' };
}

function notStored(tag: string, why: string): EnvelopeError {
  return new EnvelopeError('SIGNATURE_NOT_STORED', `the signature is not under the tag ${tag}: ${why}`);
}

function signalOf({ signal }: SignatureStore): { readonly signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}
