import { asObject, type Descriptor, parseDescriptor, toDescriptorJson } from '../descriptor.ts';
import type { Digest } from '../digest.ts';
import { RegistryError } from '../errors.ts';
import { parseJson } from '../json.ts';
import { MEDIA_TYPE_INDEX } from '../media-types.ts';

/** The annotation that names an entry of `index.json`. Rule: image-spec 1.1, annotations.md and image-layout.md. */
export const REF_NAME = 'org.opencontainers.image.ref.name';

/** Bound on `index.json`, for reading and writing: some 250,000 entries. */
export const maxIndexBytes: number = 64 * 1024 * 1024;

/** One entry of `index.json`: parsed, and the JSON text that is written for it (members unknown to us are kept). */
export interface IndexEntry {
  readonly descriptor: Descriptor;
  readonly name?: string;
  readonly json: string;
}

/** `index.json` in memory. A manifest has one entry for each of its names, or a single one without a name. */
export interface LayoutIndex {
  /** More than one entry under a name: other programs wrote an ambiguous tag; kept as it is, never resolved. */
  readonly named: Map<string, IndexEntry[]>;
  readonly unnamed: Map<Digest, IndexEntry>;
  /** How many named entries a manifest has. */
  readonly names: Map<Digest, number>;
  /** Members of the file besides `manifests`. */
  readonly rest: Readonly<Record<string, unknown>>;
}

/** `index.json` from its bytes. @throws {RegistryError} LAYOUT_INVALID, JSON_INVALID, MANIFEST_INVALID */
export function parseIndexFile(bytes: Uint8Array): LayoutIndex {
  const { manifests, ...rest } = asObject(parseJson(bytes), 'index.json');
  if (rest.schemaVersion !== 2) throw new RegistryError('LAYOUT_INVALID', 'index.json: schemaVersion is not 2');
  if (rest.mediaType !== undefined && rest.mediaType !== MEDIA_TYPE_INDEX)
    throw new RegistryError('LAYOUT_INVALID', 'index.json: mediaType is not that of an OCI index');
  const index: LayoutIndex = { named: new Map(), unnamed: new Map(), names: new Map(), rest };
  if (manifests === null || manifests === undefined) return index;
  if (!Array.isArray(manifests)) throw new RegistryError('LAYOUT_INVALID', 'index.json: manifests is not a list');
  for (const [at, value] of manifests.entries()) {
    const descriptor = parseDescriptor(value, `index.json manifests[${at}]`);
    const name = descriptor.annotations?.[REF_NAME];
    addEntry(index, { descriptor, json: JSON.stringify(value), ...(name === undefined ? {} : { name }) });
  }
  return index;
}

/** An index with no entries. */
export function emptyIndex(): LayoutIndex {
  const rest = { schemaVersion: 2, mediaType: MEDIA_TYPE_INDEX };
  return { named: new Map(), unnamed: new Map(), names: new Map(), rest };
}

/** The bytes of `index.json`. @throws {RegistryError} LIMIT_REACHED: it would be too large to be read again */
export function encodeIndexFile(index: LayoutIndex): Uint8Array {
  const entries: string[] = [];
  for (const entry of entriesOf(index)) entries.push(entry.json);
  const rest = JSON.stringify(index.rest).slice(0, -1);
  const bytes = Buffer.from(`${rest},"manifests":[${entries.join(',\n')}]}\n`);
  if (bytes.length > maxIndexBytes)
    throw new RegistryError('LIMIT_REACHED', `index.json would be larger than ${maxIndexBytes} bytes`);
  return bytes;
}

/** A copy that can be changed without changing this one. */
export function copyIndex(index: LayoutIndex): LayoutIndex {
  const { named, unnamed, names, rest } = index;
  return { named: new Map(named), unnamed: new Map(unnamed), names: new Map(names), rest };
}

/** All entries, those without a name first. */
export function* entriesOf(index: LayoutIndex): Generator<IndexEntry, void, undefined> {
  yield* index.unnamed.values();
  for (const entries of index.named.values()) yield* entries;
}

/** What a name stands for. @throws {RegistryError} LAYOUT_INVALID when it stands for several manifests */
export function entryNamed(index: LayoutIndex, name: string): IndexEntry | undefined {
  const entries = index.named.get(name) ?? [];
  const first = entries[0];
  if (entries.some((entry) => entry.descriptor.digest !== first?.descriptor.digest))
    throw new RegistryError('LAYOUT_INVALID', `index.json has several manifests with the name ${JSON.stringify(name)}`);
  return first;
}

/** Whether an entry has this digest. */
export function hasEntry(index: LayoutIndex, digest: Digest): boolean {
  return index.unnamed.has(digest) || index.names.has(digest);
}

/** Makes sure that the manifest has an entry; false when it had one. */
export function putEntry(index: LayoutIndex, descriptor: Descriptor): boolean {
  if (hasEntry(index, descriptor.digest)) return false;
  addEntry(index, toEntry(descriptor));
  return true;
}

/** Lets the name stand for this manifest. What it stood for before keeps an entry. False when it did already. */
export function nameEntry(index: LayoutIndex, name: string, descriptor: Descriptor): boolean {
  const entries = index.named.get(name) ?? [];
  if (entries.length === 1 && entries[0]?.descriptor.digest === descriptor.digest) return false;
  unnameEntry(index, name);
  index.unnamed.delete(descriptor.digest);
  addEntry(index, toEntry(descriptor, name));
  return true;
}

/** Takes a name away; the manifest keeps an entry. False when there is no such name. */
export function unnameEntry(index: LayoutIndex, name: string): boolean {
  const entries = index.named.get(name);
  if (entries === undefined) return false;
  index.named.delete(name);
  for (const { descriptor } of entries) {
    countName(index, descriptor.digest, -1);
    putEntry(index, withoutName(descriptor));
  }
  return true;
}

/** Removes every entry of a manifest; false when there was none. */
export function removeEntries(index: LayoutIndex, digest: Digest): boolean {
  const wasUnnamed = index.unnamed.delete(digest);
  if (!index.names.delete(digest)) return wasUnnamed;
  for (const [name, entries] of index.named) {
    const left = entries.filter((entry) => entry.descriptor.digest !== digest);
    if (left.length === 0) index.named.delete(name);
    else if (left.length < entries.length) index.named.set(name, left);
  }
  return true;
}

function addEntry(index: LayoutIndex, entry: IndexEntry): void {
  const { digest } = entry.descriptor;
  if (entry.name === undefined) {
    index.unnamed.set(digest, entry);
    return;
  }
  const same = index.named.get(entry.name);
  // In place: only a file being parsed can hold a name twice, so no copy shares this list yet.
  if (same === undefined) index.named.set(entry.name, [entry]);
  else same.push(entry);
  countName(index, digest, 1);
}

function countName(index: LayoutIndex, digest: Digest, change: number): void {
  const count = (index.names.get(digest) ?? 0) + change;
  if (count > 0) index.names.set(digest, count);
  else index.names.delete(digest);
}

function toEntry(descriptor: Descriptor, name?: string): IndexEntry {
  if (name === undefined) return { descriptor, json: JSON.stringify(toDescriptorJson(descriptor)) };
  const named = { ...descriptor, annotations: { ...descriptor.annotations, [REF_NAME]: name } };
  return { descriptor: named, name, json: JSON.stringify(toDescriptorJson(named)) };
}

function withoutName(descriptor: Descriptor): Descriptor {
  const { annotations, ...rest } = descriptor;
  const { [REF_NAME]: _name, ...others } = annotations ?? {};
  return Object.keys(others).length === 0 ? rest : { ...rest, annotations: others };
}
