import { type Digest, formatReference } from '@signet/oci';
import type { ReadOptions } from '../context.ts';
import { decodeInput } from '../decode.ts';
import { WorkloadError } from '../errors.ts';
import type { ImageUse, InputProblem, Inventory } from '../inventory.ts';
import { defaultWorkloadLimits } from '../limits.ts';
import { readImages } from '../read.ts';

/** What a use of an image is pinned to; undefined for one that stays as it is. */
export type DigestOf = (use: ImageUse) => Digest | undefined;

/** An input with digests in it. */
export interface PinnedInput {
  /** The same bytes but for what was put in. */
  readonly bytes: Uint8Array;
  /** The uses whose text got a digest, as they were before, and which. */
  readonly pinned: ReadonlyMap<ImageUse, Digest>;
  /** Uses that have a digest by `digestOf` and could not get it, with the reason. */
  readonly problems: readonly InputProblem[];
  /** What the input named before. */
  readonly inventory: Inventory;
}

/** How an input is read, and what its images are pinned to. */
export interface PinOptions extends ReadOptions {
  readonly digestOf: DigestOf;
}

/**
 * Puts `@sha256:…` after each reference that `digestOf` has a digest for: all other bytes stay as they are, and what is pinned stays too. The result is
 * read again before it is given: it names the same images, those with their digests.
 * @throws {WorkloadError} WORKLOAD_PIN_FAILED, and those of {@link readImages}
 */
export function pinImages(bytes: Uint8Array, options: PinOptions): PinnedInput {
  const inventory = readImages(bytes, options);
  const wanted = inventory.images.flatMap((use) => wantedPin(use, options.digestOf));
  const digestsAt = digestsByOffset(wanted);
  const edits = new Map<number, Digest>();
  const pinned = new Map<ImageUse, Digest>();
  const problems: InputProblem[] = [];
  for (const { use, digest } of wanted) {
    if (digest === undefined) continue;
    if (use.pin.kind === 'impossible') problems.push(notPinned(use, use.pin.why));
    else if (use.pin.kind === 'insert' && digestsAt.get(use.pin.offset)?.size === 1) {
      edits.set(use.pin.offset, digest);
      pinned.set(use, digest);
    } else problems.push(notPinned(use, 'the same text is another image elsewhere'));
  }
  const edited = edits.size === 0 ? bytes : insert(bytes, edits, options);
  if (edits.size > 0) checkResult(edited, { before: inventory, pinned, options });
  return { bytes: edited, pinned, problems, inventory };
}

interface Wanted {
  readonly use: ImageUse;
  /** Undefined: it stays as it is. */
  readonly digest: Digest | undefined;
}

function wantedPin(use: ImageUse, digestOf: DigestOf): readonly Wanted[] {
  return use.pin.kind === 'pinned' ? [] : [{ use, digest: digestOf(use) }];
}

/** Uses may share a text (aliases, a variable's default): it is edited for all of them or for none. */
function digestsByOffset(wanted: readonly Wanted[]): ReadonlyMap<number, ReadonlySet<Digest | undefined>> {
  const digests = new Map<number, Set<Digest | undefined>>();
  for (const { use, digest } of wanted) {
    if (use.pin.kind !== 'insert') continue;
    const { offset } = use.pin;
    digests.set(offset, (digests.get(offset) ?? new Set()).add(digest));
  }
  return digests;
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
  readonly pinned: PinnedInput['pinned'];
  readonly options: ReadOptions;
}

/** Whoever deploys the result must get what was named: a wrong edit is worse than none. */
function checkResult(bytes: Uint8Array, { before, pinned, options }: Check): void {
  const wanted = before.images.map((use) => {
    const digest = pinned.get(use);
    return `${use.path} ${formatReference(digest === undefined ? use.reference : { ...use.reference, digest })}`;
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
