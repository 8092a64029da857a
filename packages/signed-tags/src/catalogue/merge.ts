import { digestOf } from '@signet/oci';
import {
  type Content,
  compareEntries,
  compareItems,
  type Entry,
  itemOf,
  type Revocations,
  type TagState,
  type TagStatement,
} from './content.ts';
import { maxEarlier } from './limits.ts';

/**
 * Both together: of each tag what is greater, of revocations all. Commutative, associative and idempotent, so that writers who know nothing of
 * one another come to the same, in whatever order they merge. Rule: signed-tags.md 5.1.
 */
export function mergeContent(one: Content, other: Content): Content {
  const names = new Set([...one.tags.keys(), ...other.tags.keys()]);
  return {
    floorMs: Math.max(one.floorMs, other.floorMs),
    tags: new Map([...names].map((tag) => [tag, mergeStates(stateOf(one, tag), stateOf(other, tag))])),
  };
}

/** The earlier revocation of a digest stays; of the same time, the lesser text. */
export function mergeRevocations(one: Revocations, other: Revocations): Revocations {
  const all = new Map(one);
  for (const [digest, revocation] of other) {
    const known = all.get(digest);
    const isFirst =
      known === undefined ||
      revocation.atMs < known.atMs ||
      (revocation.atMs === known.atMs && revocation.reason < known.reason);
    if (isFirst) all.set(digest, revocation);
  }
  return all;
}

/**
 * Whether nothing that the other holds is missing: no tag of it is greater, and an entry that both hold meets its rule here where it does there.
 * Rule: signed-tags.md 5.1 "dominates".
 */
export function dominates(
  content: Content,
  other: Content,
  meetsRule: (tag: string, entry: Entry) => boolean,
): boolean {
  for (const tag of new Set([...content.tags.keys(), ...other.tags.keys()])) {
    const [own, its] = [itemOf(content, tag), itemOf(other, tag)];
    const order = compareItems(own, its);
    if (order < 0) return false;
    if (order > 0 || own.kind === 'removal' || its.kind === 'removal') continue;
    if (meetsRule(tag, its.entry) && !meetsRule(tag, own.entry)) return false;
  }
  return content.floorMs >= other.floorMs;
}

/** What content says of a tag, also of one that it does not hold. */
function stateOf({ tags, floorMs }: Content, tag: string): TagState {
  return tags.get(tag) ?? { removedMs: floorMs, entries: [] };
}

function mergeStates(one: TagState, other: TagState): TagState {
  const removedMs = Math.max(one.removedMs ?? 0, other.removedMs ?? 0);
  const byDigest = new Map<string, Entry>();
  for (const entry of [...one.entries, ...other.entries]) {
    if (entry.atMs <= removedMs) continue;
    const known = byDigest.get(entry.digest);
    byDigest.set(entry.digest, known === undefined ? entry : greaterOf(known, entry));
  }
  const entries = [...byDigest.values()].toSorted((a, b) => compareEntries(b, a)).slice(0, 1 + maxEarlier);
  return { ...(removedMs === 0 ? {} : { removedMs }), entries };
}

/** Two of one digest: the later; of the same time both are one, with the statements of both. */
function greaterOf(one: Entry, other: Entry): Entry {
  if (one.atMs !== other.atMs) return one.atMs > other.atMs ? one : other;
  return { ...one, statements: unitedStatements(one.statements, other.statements) };
}

/** In one order and each once, so that who merges the same gets the same. */
function unitedStatements(one: readonly TagStatement[], other: readonly TagStatement[]): readonly TagStatement[] {
  const all = new Map(
    [...one, ...other].map((statement) => [`${statement.mediaType} ${digestOf(statement.bytes)}`, statement]),
  );
  return [...all].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, statement]) => statement);
}
