import { type Descriptor, digestOf, RegistryError, type Store } from '@signet/oci';
import { EnvelopeError } from '../errors.ts';
import type { SignatureArtifact, SignatureStore, StoredSignature } from '../format.ts';
import { type CosignImage, layerId, MAX_COSIGN_LAYERS, readCosignImage, toCosignImage } from './cosign-image.ts';

/** How a signature settles. Rule: design.md 7 "writes are safe". */
const settling = {
  /** Reads in a row, each after a pause, that must show all layers. */
  confirmations: 2,
  maxWrites: 20,
  maxRounds: 80,
  minPauseMs: 50,
  maxPauseMs: 200,
} as const;

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
  const image = await settle({ tag, layer, to, wanted: new Map(), writes: 0, slowestMs: 0 });
  const bytes = await to.store.fetch(layer, signalOf(to));
  if (!Buffer.from(bytes).equals(artifact.envelope)) throw notStored(tag, 'its payload came back with other bytes');
  return { manifest: image.resolved.descriptor.digest, via: 'sig' };
}

/** One signature under way. */
interface Run {
  readonly tag: string;
  readonly layer: Descriptor;
  readonly to: SignatureStore;
  /** Layers that must not get lost: all that were seen, and ours. */
  readonly wanted: Map<string, Descriptor>;
  writes: number;
  /** Of our own requests: another writer's are taken to be as slow. */
  slowestMs: number;
}

/** Reads, merges and writes until the image was seen whole often enough; what another writer overwrote is merged in again. */
async function settle(run: Run): Promise<CosignImage> {
  let confirmed = 0;
  for (let round = 0; round < settling.maxRounds; round += 1) {
    const now = await readBelieved(run);
    const layers = merged(now, run);
    const isWhole = now !== undefined && now.manifest.layers.length === layers.length;
    confirmed = isWhole ? confirmed + 1 : 0;
    if (isWhole && confirmed >= settling.confirmations) return now;
    const isLost = !isWhole && !(await write(run, now, layers));
    await run.to.pace.wait(isLost ? pauseMs(run) : watchMs(run), run.to.signal);
  }
  throw notStored(run.tag, `others changed it all through ${settling.maxRounds} rounds`);
}

async function timed<T>(run: Run, work: () => Promise<T>): Promise<T> {
  const { pace } = run.to;
  const started = pace.clock();
  const result = await work();
  run.slowestMs = Math.max(run.slowestMs, pace.clock() - started);
  return result;
}

/** Random, so that two writers part; longer where many write. */
function pauseMs({ to, writes }: Run): number {
  const crowding = 1 + Math.min(writes, 8) / 4;
  return settling.minPauseMs + to.pace.random() * (settling.maxPauseMs - settling.minPauseMs) * crowding;
}

/** Longer, too, than another writer takes from its last look at the tag to the end of its write: then its write was seen. */
function watchMs(run: Run): number {
  return Math.max(pauseMs(run), Math.min(4000, 2 * run.slowestMs) * (1 + run.to.pace.random() / 4));
}

/**
 * docker-registry answers a passing 404 while a tag is overwritten. Taken for the truth it would empty the image, so none is believed before
 * it was given again a moment later. Rule: wire-formats 2.6.
 */
async function readBelieved(run: Run): Promise<CosignImage | undefined> {
  const { tag, to, wanted } = run;
  for (let again = wanted.size > 0 ? 3 : 1; ; again -= 1) {
    const image = await timed(run, () => readCosignImage(tag, to));
    if (image !== undefined || again === 0) return image;
    await to.pace.wait(20 + 20 * to.pace.random(), to.signal);
  }
}

/** Those of the manifest in their order, then those that were seen before and are gone, then ours. */
function merged(now: CosignImage | undefined, { wanted, layer: own }: Run): readonly Descriptor[] {
  const layers = new Map<string, Descriptor>();
  const add = (each: Descriptor) => layers.set(layerId(each), layers.get(layerId(each)) ?? each);
  for (const each of [...(now?.manifest.layers ?? []), ...wanted.values(), own]) add(each);
  if (layers.size > MAX_COSIGN_LAYERS)
    throw new EnvelopeError('SIGNATURE_NOT_STORED', `the image has ${MAX_COSIGN_LAYERS} signatures already`);
  for (const [id, each] of layers) wanted.set(id, each);
  return [...layers.values()];
}

/** Whether it was written. A lost race is no failure: the next round merges. */
async function write(run: Run, now: CosignImage | undefined, layers: readonly Descriptor[]): Promise<boolean> {
  const { tag, to } = run;
  if (run.writes >= settling.maxWrites) throw notStored(tag, `others overwrote it after each of ${run.writes} writes`);
  const next = toCosignImage(layers, now?.manifest);
  await to.store.push(next.config.bytes, next.config.descriptor, signalOf(to));
  try {
    const condition = { expected: now?.resolved.descriptor.digest ?? null };
    await timed(run, () => to.store.tag(next.resolved, tag, { ...signalOf(to), condition }));
    run.writes += 1;
    return true;
  } catch (error) {
    if (error instanceof RegistryError && error.code === 'CONFLICT') return false;
    throw error;
  }
}

function notStored(tag: string, why: string): EnvelopeError {
  return new EnvelopeError('SIGNATURE_NOT_STORED', `the signature is not under the tag ${tag}: ${why}`);
}

function signalOf({ signal }: SignatureStore): { readonly signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}
