import type { PublicKey } from '@signet/core';
import type { Place } from '../place.ts';
import type { TrustSource } from '../source.ts';
import type { SourceInput } from './input.ts';
import type { KeyLoader } from './keys.ts';
import type { LoadedFile, Loading } from './loading.ts';
import { nodeAt, placeOfName } from './node.ts';
import { quoted } from './problems.ts';
import type { PolicyReader } from './reader.ts';

/** A source with where it is named. One whose keys have faults is there too: rules may name it. */
export interface NamedSource {
  readonly source: TrustSource;
  readonly place: Place;
}

/** The sources of all files by name. A name that stands twice, a threshold out of reach and a source without keys are faults. */
export async function loadSources(
  { files, problems }: Loading,
  keys: KeyLoader,
  reader: PolicyReader,
): Promise<ReadonlyMap<string, NamedSource>> {
  const sources = new Map<string, NamedSource>();
  for (const file of files) {
    for (const [name, input] of Object.entries(file.input.trust ?? {})) {
      const place = placeOfName(file.root, ['trust', name]);
      const first = sources.get(name);
      if (first !== undefined) {
        problems.add(`the source ${quoted(name)} is there already: ${placeText(first.place)}`, place);
        continue;
      }
      const source = await loadSource({ file, name, input }, { keys, problems, reader });
      if (source === undefined) problems.add(`the source ${quoted(name)} needs either "keys" or "x509"`, place);
      else sources.set(name, { source, place });
    }
  }
  return sources;
}

interface Within {
  readonly keys: KeyLoader;
  readonly problems: Loading['problems'];
  readonly reader: PolicyReader;
}

/** Undefined where it is neither of keys nor of certificates, or both. */
async function loadSource(named: Named, within: Within): Promise<TrustSource | undefined> {
  const { file, name, input } = named;
  const { threshold, formats, x509, keys } = input;
  const base = {
    name,
    ...(threshold === undefined ? {} : { threshold }),
    ...(formats === undefined ? {} : { formats }),
  };
  if ((x509 === undefined) === (keys === undefined)) return undefined;
  if (x509 !== undefined) {
    // Certificates are read for these sources alone.
    const { loadX509 } = await import('./x509-source.ts');
    return { ...base, keys: [], x509: await loadX509({ file, name, input: x509 }, within) };
  }
  const found = await keysOfSource(named, within.keys);
  if (threshold !== undefined && found.isWhole && threshold > found.keys.length)
    within.problems.add(
      `${threshold} different keys must sign, but the source ${quoted(name)} has ${found.keys.length}`,
      nodeAt(file.root, ['trust', name, 'threshold']).place,
    );
  return { ...base, keys: found.keys };
}

/** `FILE:LINE:COLUMN`. */
export function placeText({ file, line, column }: Place): string {
  return `${file}:${line}:${column}`;
}

interface Named {
  readonly file: LoadedFile;
  readonly name: string;
  readonly input: SourceInput;
}

/** Each key once; `isWhole`: every reference gave some. */
async function keysOfSource(
  { file, name, input }: Named,
  loader: KeyLoader,
): Promise<{ readonly keys: readonly PublicKey[]; readonly isWhole: boolean }> {
  const keys = new Map<string, PublicKey>();
  let isWhole = true;
  for (const [at, each] of (input.keys ?? []).entries()) {
    const { place } = nodeAt(file.root, ['trust', name, 'keys', at]);
    const found = await loader.keysOf({ input: each, place, file });
    isWhole &&= found.length > 0;
    for (const key of found) keys.set(key.id, key);
  }
  return { keys: [...keys.values()], isWhole };
}
