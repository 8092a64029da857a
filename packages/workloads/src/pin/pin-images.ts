import { type Digest, formatReference, type RegistryReference } from '@signet/oci';
import type { ReadOptions } from '../context.ts';
import { decodeInput } from '../decode.ts';
import { WorkloadError } from '../errors.ts';
import type { ImageUse, InputProblem, Inventory } from '../inventory.ts';
import { defaultWorkloadLimits } from '../limits.ts';
import { readImages } from '../read.ts';

/** Digests by folded reference ({@link formatReference}), such as `docker.io/library/app:1`. */
export type Digests = ReadonlyMap<string, Digest>;

/** An input with digests in it. */
export interface PinnedInput {
  /** The same bytes but for what was put in. */
  readonly bytes: Uint8Array;
  /** The uses whose text got a digest, as they were before. */
  readonly pinned: readonly ImageUse[];
  /** Uses that have a digest in `digests` and could not get it, with the reason. */
  readonly problems: readonly InputProblem[];
  /** What the input named before. */
  readonly inventory: Inventory;
}

/**
 * Puts `@sha256:…` after each reference that `digests` knows: all other bytes stay as they are, and what is pinned stays too. The result is
 * read again before it is given: it names the same images, those with their digests.
 * @throws {WorkloadError} WORKLOAD_PIN_FAILED, and those of {@link readImages}
 */
export function pinImages(bytes: Uint8Array, options: ReadOptions & { readonly digests: Digests }): PinnedInput {
  const inventory = readImages(bytes, options);
  const edits = new Map<number, Digest>();
  const pinned: ImageUse[] = [];
  const problems: InputProblem[] = [];
  for (const use of inventory.images) {
    const digest = options.digests.get(formatReference(use.reference));
    if (digest === undefined || use.pin.kind === 'pinned') continue;
    const why = use.pin.kind === 'impossible' ? use.pin.why : conflict(edits.get(use.pin.offset), digest);
    if (why !== undefined || use.pin.kind !== 'insert') problems.push(notPinned(use, why ?? ''));
    else {
      edits.set(use.pin.offset, digest);
      pinned.push(use);
    }
  }
  const edited = edits.size === 0 ? bytes : insert(bytes, edits, options);
  if (edits.size > 0) checkResult(edited, { before: inventory, pinned: new Set(pinned), options });
  return { bytes: edited, pinned, problems, inventory };
}

/** The reference as it is once its digest is written after it. */
export function pinnedReference(reference: RegistryReference, digest: Digest): RegistryReference {
  return { ...reference, digest };
}

function conflict(there: Digest | undefined, digest: Digest): string | undefined {
  return there === undefined || there === digest ? undefined : 'the same text is another image elsewhere';
}

function notPinned(use: ImageUse, why: string): InputProblem {
  const { place, path, object, written } = use;
  const message = `${JSON.stringify(written.slice(0, 200))} cannot be pinned here: ${why}`;
  return { code: 'NOT_PINNED', message, severity: 'note', path, place, ...(object === undefined ? {} : { object }) };
}

function insert(bytes: Uint8Array, edits: ReadonlyMap<number, Digest>, { file, limits }: ReadOptions): Uint8Array {
  const text = decodeInput(bytes, file, { ...defaultWorkloadLimits, ...limits });
  const parts: string[] = [];
  let at = 0;
  for (const [offset, digest] of [...edits].sort(([a], [b]) => a - b)) {
    parts.push(text.slice(at, offset), '@', digest);
    at = offset;
  }
  return new TextEncoder().encode(parts.join('') + text.slice(at));
}

interface Check {
  readonly before: Inventory;
  readonly pinned: ReadonlySet<ImageUse>;
  readonly options: ReadOptions & { readonly digests: Digests };
}

/** Whoever deploys the result must get what was named: a wrong edit is worse than none. */
function checkResult(bytes: Uint8Array, { before, pinned, options }: Check): void {
  const wanted = before.images.map((use) => {
    const digest = pinned.has(use) ? options.digests.get(formatReference(use.reference)) : undefined;
    return `${use.path} ${formatReference(digest === undefined ? use.reference : pinnedReference(use.reference, digest))}`;
  });
  const got = reread(bytes, options).images.map(({ path, reference }) => `${path} ${formatReference(reference)}`);
  const at = wanted.findIndex((each, index) => each !== got[index]);
  const use = before.images[at];
  if (use !== undefined)
    throw new WorkloadError('WORKLOAD_PIN_FAILED', 'with its digest the image would be read as another one', {
      place: use.place,
    });
  if (got.length !== wanted.length)
    throw new WorkloadError('WORKLOAD_PIN_FAILED', `${options.file}: with digests the input would name other images`);
}

/** A digest makes the input longer: its own limit does not count for what was just written. */
function reread(bytes: Uint8Array, options: ReadOptions): Inventory {
  try {
    return readImages(bytes, { ...options, limits: { ...options.limits, maxBytes: bytes.length } });
  } catch (cause) {
    throw new WorkloadError('WORKLOAD_PIN_FAILED', `${options.file}: with digests the input cannot be read any more`, {
      cause,
    });
  }
}
