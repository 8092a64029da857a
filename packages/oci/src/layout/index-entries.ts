import { type Descriptor, toDescriptorJson } from '../descriptor.ts';
import type { Digest } from '../digest.ts';
import { RegistryError } from '../errors.ts';
import type { MapAccess } from './layered-map.ts';

/** The annotation that names an entry of `index.json`. Rule: image-spec 1.1, annotations.md and image-layout.md. */
export const REF_NAME = 'org.opencontainers.image.ref.name';

/** One entry of `index.json`: parsed, and the JSON text that is written for it (members unknown to us are kept). */
export interface IndexEntry {
  readonly descriptor: Descriptor;
  readonly name?: string;
  readonly json: string;
}

/** The entries of an `index.json`. A manifest has one entry for each of its names, or a single one without a name. */
export interface IndexEntries {
  /** More than one entry under a name: other programs wrote an ambiguous tag; kept as it is, never resolved. */
  readonly named: Pick<MapAccess<string, readonly IndexEntry[]>, 'get'>;
  readonly unnamed: Pick<MapAccess<Digest, IndexEntry>, 'get' | 'has'>;
  /** The names of a manifest, never an empty list. */
  readonly names: Pick<MapAccess<Digest, readonly string[]>, 'get' | 'has'>;
}

/** Entries that may be changed. */
export interface ChangingEntries extends IndexEntries {
  readonly named: MapAccess<string, readonly IndexEntry[]>;
  readonly unnamed: MapAccess<Digest, IndexEntry>;
  readonly names: MapAccess<Digest, readonly string[]>;
  /** Told of every entry that comes and goes. */
  onAdded(entry: IndexEntry): void;
  onRemoved(entry: IndexEntry): void;
}

/** What a name stands for. @throws {RegistryError} LAYOUT_INVALID when it stands for several manifests */
export function entryNamed(index: IndexEntries, name: string): IndexEntry | undefined {
  const entries = index.named.get(name) ?? [];
  const first = entries[0];
  if (entries.some((entry) => entry.descriptor.digest !== first?.descriptor.digest))
    throw new RegistryError('LAYOUT_INVALID', `index.json has several manifests with the name ${JSON.stringify(name)}`);
  return first;
}

/** Whether an entry has this digest. */
export function hasEntry(index: IndexEntries, digest: Digest): boolean {
  return index.unnamed.has(digest) || index.names.has(digest);
}

/** Makes sure that the manifest has an entry; false when it had one. */
export function putEntry(index: ChangingEntries, descriptor: Descriptor): boolean {
  if (hasEntry(index, descriptor.digest)) return false;
  const entry = { descriptor, json: JSON.stringify(toDescriptorJson(descriptor)) };
  index.unnamed.set(descriptor.digest, entry);
  index.onAdded(entry);
  return true;
}

/** Lets the name stand for this manifest. What it stood for before keeps an entry. False when it did already. */
export function nameEntry(index: ChangingEntries, name: string, descriptor: Descriptor): boolean {
  const { digest } = descriptor;
  const entries = index.named.get(name) ?? [];
  if (entries.length === 1 && entries[0]?.descriptor.digest === digest) return false;
  unnameEntry(index, name);
  removeUnnamed(index, digest);
  const named = { ...descriptor, annotations: { ...descriptor.annotations, [REF_NAME]: name } };
  const entry = { descriptor: named, name, json: JSON.stringify(toDescriptorJson(named)) };
  index.named.set(name, [entry]);
  index.names.set(digest, [...(index.names.get(digest) ?? []), name]);
  index.onAdded(entry);
  return true;
}

/** Takes a name away; the manifest keeps an entry. False when there is no such name. */
export function unnameEntry(index: ChangingEntries, name: string): boolean {
  const entries = index.named.get(name);
  if (entries === undefined) return false;
  index.named.delete(name);
  for (const entry of entries) {
    const { digest } = entry.descriptor;
    const left = (index.names.get(digest) ?? []).filter((other) => other !== name);
    if (left.length > 0) index.names.set(digest, left);
    else index.names.delete(digest);
    index.onRemoved(entry);
    putEntry(index, withoutName(entry.descriptor));
  }
  return true;
}

/** Removes every entry of a manifest; false when there was none. */
export function removeEntries(index: ChangingEntries, digest: Digest): boolean {
  const wasUnnamed = removeUnnamed(index, digest);
  const names = index.names.get(digest);
  if (names === undefined) return wasUnnamed;
  index.names.delete(digest);
  for (const name of names) removeNamed(index, name, digest);
  return true;
}

function removeUnnamed(index: ChangingEntries, digest: Digest): boolean {
  const entry = index.unnamed.get(digest);
  if (entry === undefined) return false;
  index.unnamed.delete(digest);
  index.onRemoved(entry);
  return true;
}

function removeNamed(index: ChangingEntries, name: string, digest: Digest): void {
  const entries = index.named.get(name) ?? [];
  const left = entries.filter((entry) => entry.descriptor.digest !== digest);
  if (left.length === 0) index.named.delete(name);
  else index.named.set(name, left);
  for (const entry of entries) {
    if (entry.descriptor.digest === digest) index.onRemoved(entry);
  }
}

function withoutName(descriptor: Descriptor): Descriptor {
  const { annotations, ...rest } = descriptor;
  const { [REF_NAME]: _name, ...others } = annotations ?? {};
  return Object.keys(others).length === 0 ? rest : { ...rest, annotations: others };
}
