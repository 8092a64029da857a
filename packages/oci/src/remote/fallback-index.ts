import { asObject, type Descriptor, toDescriptorJson } from '../descriptor.ts';
import { RegistryError } from '../errors.ts';
import { parseJson } from '../json.ts';
import { defaultLimits } from '../limits.ts';
import { MEDIA_TYPE_INDEX } from '../media-types.ts';

/** An entry as it stands in the index, with members that we do not know: they are written back. */
export interface FallbackEntry {
  readonly digest: string;
  readonly json: Readonly<Record<string, unknown>>;
}

/** A fallback index for changing: `document` is all but the entries. */
export interface FallbackIndex {
  readonly document: Readonly<Record<string, unknown>>;
  readonly entries: readonly FallbackEntry[];
}

/** Above this size large annotations of the oldest entries are dropped. Rule: design.md 4. */
const embedBytes = 1024 * 1024;
/** Rule: distribution-spec 1.1: registries take manifests of 4 MiB. */
const maxIndexBytes = 4 * 1024 * 1024;
/** Bytes of an annotation's value from which it counts as large. */
const largeAnnotation = 1024;

/** @throws {RegistryError} JSON_INVALID, MANIFEST_INVALID: such an index is not ours to overwrite */
export function parseFallbackIndex(bytes: Uint8Array): FallbackIndex {
  const { manifests, ...document } = asObject(parseJson(bytes), 'index');
  if (manifests !== undefined && manifests !== null && !Array.isArray(manifests)) {
    throw new RegistryError('MANIFEST_INVALID', 'index.manifests is not a list');
  }
  return { document, entries: (manifests ?? []).map((json: unknown, at: number) => readEntry(json, at)) };
}

/** The index to begin with. */
export const emptyFallbackIndex: FallbackIndex = {
  document: { schemaVersion: 2, mediaType: MEDIA_TYPE_INDEX },
  entries: [],
};

/** The entry that we write for a referrer. Rule: wire-formats 2.4, step 4. */
export function toFallbackEntry(referrer: Descriptor): FallbackEntry {
  return { digest: referrer.digest, json: toDescriptorJson(referrer) };
}

/** The entries as they stand, in their order, without what is `removed`, and behind them what is wanted and missing. */
export function mergeEntries(
  current: readonly FallbackEntry[],
  wanted: Iterable<FallbackEntry>,
  removed: ReadonlySet<string> = new Set(),
): { readonly entries: readonly FallbackEntry[]; readonly isChanged: boolean } {
  const merged = new Map<string, FallbackEntry>();
  for (const entry of current)
    if (!removed.has(entry.digest) && !merged.has(entry.digest)) merged.set(entry.digest, entry);
  const kept = merged.size;
  for (const entry of wanted)
    if (!removed.has(entry.digest) && !merged.has(entry.digest)) merged.set(entry.digest, entry);
  const isShrunk = current.some(({ digest }) => removed.has(digest));
  return { entries: [...merged.values()], isChanged: isShrunk || merged.size > kept };
}

/**
 * The bytes to write: at most 4 MiB, and 1 MiB where dropping large annotations (embedded envelopes) can do it, from the oldest entry on.
 * @throws {RegistryError} LIMIT_REACHED
 */
export function encodeFallbackIndex(index: FallbackIndex): Uint8Array {
  if (index.entries.length > defaultLimits.maxReferrers)
    throw tooLarge(`more than ${defaultLimits.maxReferrers} entries`);
  const whole = encode(index);
  if (whole.length <= embedBytes) return whole;
  const bytes = encode({ document: index.document, entries: trimmed(index.entries, whole.length - embedBytes) });
  if (bytes.length > maxIndexBytes) throw tooLarge(`${bytes.length} bytes`);
  return bytes;
}

function encode({ document, entries }: FallbackIndex): Uint8Array {
  return Buffer.from(JSON.stringify({ ...document, manifests: entries.map(({ json }) => json) }));
}

function trimmed(entries: readonly FallbackEntry[], excess: number): readonly FallbackEntry[] {
  let over = excess;
  return entries.map((entry) => {
    if (over <= 0) return entry;
    const smaller = withoutLargeAnnotations(entry);
    over -= sizeOf(entry) - sizeOf(smaller);
    return smaller;
  });
}

function withoutLargeAnnotations(entry: FallbackEntry): FallbackEntry {
  const { annotations } = entry.json;
  if (typeof annotations !== 'object' || annotations === null) return entry;
  const small = Object.entries(annotations).filter(
    ([, value]) => typeof value !== 'string' || value.length <= largeAnnotation,
  );
  return { digest: entry.digest, json: { ...entry.json, annotations: Object.fromEntries(small) } };
}

function sizeOf({ json }: FallbackEntry): number {
  return Buffer.byteLength(JSON.stringify(json));
}

function readEntry(value: unknown, at: number): FallbackEntry {
  const json = asObject(value, `index.manifests[${at}]`);
  if (typeof json.digest !== 'string')
    throw new RegistryError('MANIFEST_INVALID', `index.manifests[${at}].digest is not a digest`);
  return { digest: json.digest, json };
}

function tooLarge(what: string): RegistryError {
  return new RegistryError('LIMIT_REACHED', `the referrers index of one image would have ${what}`);
}
