import { asObject, parseDescriptor } from '../descriptor.ts';
import type { Digest } from '../digest.ts';
import { RegistryError } from '../errors.ts';
import { parseJson } from '../json.ts';
import { MEDIA_TYPE_INDEX } from '../media-types.ts';
import { type ChangingEntries, type IndexEntries, type IndexEntry, REF_NAME } from './index-entries.ts';
import { IndexText } from './index-text.ts';
import { LayeredMap } from './layered-map.ts';

/** Bound on `index.json`, for reading and writing: some 250,000 entries. */
export const maxIndexBytes: number = 64 * 1024 * 1024;

/** `index.json` in memory, as it is on disk. Members unknown to us are kept. */
export interface LayoutIndex extends IndexEntries {
  readonly named: Map<string, readonly IndexEntry[]>;
  readonly unnamed: Map<Digest, IndexEntry>;
  readonly names: Map<Digest, readonly string[]>;
  readonly text: IndexText;
  /** Members of the file besides `manifests`. */
  readonly rest: Readonly<Record<string, unknown>>;
}

/** Changes of an index that are not on disk yet. */
export interface IndexDraft extends ChangingEntries {
  /** The bytes of the changed file, in pieces. @throws {RegistryError} LIMIT_REACHED: it would be too large to be read again */
  encode(): readonly Uint8Array[];
  /** Carries the changes over to the index that the draft was made of, which is of no use afterwards; gives it as it now is. */
  settle(): LayoutIndex;
}

/** `index.json` from its bytes. @throws {RegistryError} LAYOUT_INVALID, JSON_INVALID, MANIFEST_INVALID */
export function parseIndexFile(bytes: Uint8Array): LayoutIndex {
  const { manifests, ...rest } = asObject(parseJson(bytes), 'index.json');
  if (rest.schemaVersion !== 2) throw new RegistryError('LAYOUT_INVALID', 'index.json: schemaVersion is not 2');
  if (rest.mediaType !== undefined && rest.mediaType !== MEDIA_TYPE_INDEX)
    throw new RegistryError('LAYOUT_INVALID', 'index.json: mediaType is not that of an OCI index');
  if (manifests === null || manifests === undefined) return indexOf([], rest);
  if (!Array.isArray(manifests)) throw new RegistryError('LAYOUT_INVALID', 'index.json: manifests is not a list');
  return indexOf(manifests.map(parseEntry), rest);
}

/** The bytes of an index with no entries. */
export function encodeEmptyIndex(): Uint8Array {
  return Buffer.concat(encode(IndexText.of([]), { schemaVersion: 2, mediaType: MEDIA_TYPE_INDEX }));
}

/** All entries, those without a name first. */
export function entriesOf({ named, unnamed }: Pick<LayoutIndex, 'named' | 'unnamed'>): readonly IndexEntry[] {
  return [...unnamed.values(), ...[...named.values()].flat()];
}

/** Changes of an index that are to be written. */
export function draftOf(index: LayoutIndex): IndexDraft {
  const named = new LayeredMap(index.named);
  const unnamed = new LayeredMap(index.unnamed);
  const names = new LayeredMap(index.names);
  const added = new Set<IndexEntry>();
  const removed = new Set<IndexEntry>();
  let text: IndexText | undefined;
  const changedText = (): IndexText => {
    text ??= index.text.changed(removed, added);
    return text;
  };
  return {
    named,
    unnamed,
    names,
    onAdded: (entry) => void added.add(entry),
    onRemoved(entry) {
      if (!added.delete(entry)) removed.add(entry);
    },
    encode: () => encode(changedText(), index.rest),
    settle() {
      for (const map of [named, unnamed, names]) map.settle();
      return { ...index, text: changedText() };
    },
  };
}

function encode(text: IndexText, rest: LayoutIndex['rest']): readonly Uint8Array[] {
  const pieces = text.between(`${JSON.stringify(rest).slice(0, -1)},"manifests":[`, ']}\n');
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  if (length <= maxIndexBytes) return pieces;
  throw new RegistryError('LIMIT_REACHED', `index.json would be larger than ${maxIndexBytes} bytes`);
}

function parseEntry(value: unknown, at: number): IndexEntry {
  const descriptor = parseDescriptor(value, `index.json manifests[${at}]`);
  const name = descriptor.annotations?.[REF_NAME];
  return { descriptor, json: JSON.stringify(value), ...(name === undefined ? {} : { name }) };
}

function indexOf(entries: readonly IndexEntry[], rest: LayoutIndex['rest']): LayoutIndex {
  const named = new Map<string, IndexEntry[]>();
  const unnamed = new Map<Digest, IndexEntry>();
  const names = new Map<Digest, string[]>();
  for (const entry of entries) {
    const { digest } = entry.descriptor;
    if (entry.name === undefined) unnamed.set(digest, entry);
    else {
      addTo(named, entry.name, entry);
      addTo(names, digest, entry.name);
    }
  }
  const text = IndexText.of(entriesOf({ named, unnamed }));
  return { named, unnamed, names, rest, text };
}

function addTo<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
