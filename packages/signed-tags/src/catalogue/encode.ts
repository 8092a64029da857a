import { CATALOGUE_TYPE, type Catalogue, type Shard } from './catalogue.ts';
import type { Content, Entry, TagStatement } from './content.ts';

/** The bytes of a catalogue file. Equal catalogues have equal bytes: names in the order of their UTF-16 units. Rule: signed-tags.md 3.2. */
export function encodeCatalogue({ collection, issuedMs, expiresMs, prev, revoked, tags }: Catalogue): Uint8Array {
  return encodeJson({
    _type: CATALOGUE_TYPE,
    collection,
    issued: timeText(issuedMs),
    expires: timeText(expiresMs),
    ...(prev === undefined ? {} : { prev }),
    ...(tags.kind === 'whole' ? contentJson(tags.content) : { shards: { bits: tags.bits, digests: tags.digests } }),
    ...(revoked.size === 0 ? {} : { revoked: object(revoked, ({ atMs, reason }) => ({ at: timeText(atMs), reason })) }),
  });
}

/** The bytes of a shard, in the same way. */
export function encodeShard({ collection, bits, index, content }: Shard): Uint8Array {
  return encodeJson({ _type: CATALOGUE_TYPE, collection, bits, index, ...contentJson(content) });
}

function contentJson({ floorMs, tags }: Content) {
  const named = new Map([...tags].filter(([, { entries }]) => entries.length > 0));
  const removed = new Map(
    [...tags].flatMap(([tag, { removedMs }]) => (removedMs === undefined ? [] : [[tag, removedMs] as const])),
  );
  return {
    ...(floorMs === 0 ? {} : { floor: timeText(floorMs) }),
    tags: object(named, ({ entries: [current, ...was] }) => ({
      ...(current === undefined ? {} : entryJson(current)),
      ...(was.length === 0 ? {} : { was: was.map(entryJson) }),
    })),
    ...(removed.size === 0 ? {} : { removed: object(removed, timeText) }),
  };
}

/** The members of an entry. */
export function entryJson({ digest, mediaType, size, atMs, statements }: Entry): Readonly<Record<string, unknown>> {
  return { digest, mediaType, size, at: timeText(atMs), statements: statements.map(envelopeJson) };
}

export function envelopeJson({ mediaType, bytes }: TagStatement): Readonly<Record<string, string>> {
  return { mediaType, data: Buffer.from(bytes).toString('base64') };
}

/** In the order of the names; also with the member `__proto__`, which an assignment would take for something else. */
export function object<V, J>(map: ReadonlyMap<string, V>, toJson: (value: V) => J): Readonly<Record<string, J>> {
  const names = [...map].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(names.map(([name, value]) => [name, toJson(value)]));
}

export function timeText(ms: number): string {
  return new Date(ms).toISOString();
}

export function encodeJson(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}
