import {
  type Content,
  compareItems,
  type Entry,
  itemOf,
  type Revocations,
  type TagState,
  type TagStatement,
} from '../catalogue/content.ts';
import { maxRevocations } from '../catalogue/limits.ts';
import { mergeContent, mergeRevocations } from '../catalogue/merge.ts';
import { type Operation, subjectOf } from '../journal/operation.ts';
import type { Notice } from '../statements/notice.ts';
import { type Base, indexOf } from './base.ts';
import type { Judge } from './judge.ts';
import { floorFinder, type Recollection } from './recollection.ts';

/** What operations about one thing come to by the policy. */
export type Outcome =
  | { readonly kind: 'entry'; readonly entry: Entry }
  | { readonly kind: 'removal'; readonly atMs: number }
  | { readonly kind: 'revocation'; readonly atMs: number }
  | { readonly kind: 'unmet'; readonly why: string };

/** What has to be in a catalogue that it holds all. */
export interface Work {
  readonly outcomes: ReadonlyMap<string, Outcome>;
  /** By tag, without floors. */
  readonly wanted: Content;
  readonly floors: readonly { readonly index: number; readonly floorMs: number }[];
  readonly revoked: Revocations;
  /** Whether the base holds it all. */
  readonly isCovered: boolean;
}

/**
 * All that is known beside the base, as what a catalogue has to hold. Operations about one thing count together, so that the second of two
 * signers completes what the first began. Rule: signed-tags.md 5.1, steps 1 and 2.
 */
export async function workOf(
  base: Base,
  {
    operations,
    recollection,
    judge,
  }: {
    readonly operations: readonly Operation[];
    readonly recollection: Recollection;
    readonly judge: Judge;
  },
): Promise<Work> {
  const outcomes = new Map<string, Outcome>();
  let wanted: Content = { floorMs: 0, tags: new Map() };
  const held: Revocations = base.catalogue?.revoked ?? new Map();
  let revoked: Revocations = recollection.revoked;
  for (const [subject, group] of groupsOf(operations)) {
    const { outcome, tags, revocations } = await groupWork(group, { base, recollection, judge });
    const isTooMany =
      revocations !== undefined &&
      new Set([...held.keys(), ...revoked.keys(), ...revocations.keys()]).size > maxRevocations;
    if (isTooMany) {
      outcomes.set(subject, {
        kind: 'unmet',
        why: `the catalogue revokes ${maxRevocations} digests: no more fit into it`,
      });
      continue;
    }
    outcomes.set(subject, outcome);
    if (tags !== undefined) wanted = mergeContent(wanted, { floorMs: 0, tags: aboveFloors(tags, recollection) });
    if (revocations !== undefined) revoked = mergeRevocations(revoked, revocations);
  }
  const remembered = await missingOf(recollection.tags, base);
  wanted = mergeContent(wanted, { floorMs: 0, tags: remembered });
  const floors = await missingFloors(recollection, base);
  const isRevoked = [...revoked.keys()].every((digest) => held.has(digest));
  const isCovered = isRevoked && floors.length === 0 && (await covers(base, wanted, judge));
  return { outcomes, wanted, floors, revoked: mergeRevocations(held, revoked), isCovered };
}

/** What was signed no later than a floor that is remembered does not bring back a tag of which nothing else is. Rule: signed-tags.md 3.2 "removed" */
function aboveFloors(
  tags: ReadonlyMap<string, TagState>,
  { tags: remembered, floors }: Recollection,
): ReadonlyMap<string, TagState> {
  const floorOf = floorFinder(floors);
  const states = [...tags].map(([tag, state]): readonly [string, TagState] => {
    const removedMs = remembered.has(tag) ? 0 : floorOf(tag);
    return [tag, state.entries.some(({ atMs }) => atMs <= removedMs) ? { removedMs, entries: [] } : state];
  });
  return new Map(states);
}

/** How what the base holds of an operation compares with what the operation comes to: above 0, where something newer is there. */
export async function standing(base: Base, operation: Operation, outcome: Outcome): Promise<number> {
  if (operation.kind === 'revoke' || outcome.kind === 'unmet' || outcome.kind === 'revocation') return 0;
  const item = itemOf(await base.part(indexOf(operation.tag, base.bits)), operation.tag);
  return compareItems(item, outcome);
}

function groupsOf(operations: readonly Operation[]): ReadonlyMap<string, readonly Operation[]> {
  const groups = new Map<string, Operation[]>();
  for (const operation of operations) {
    const subject = subjectOf(operation);
    groups.set(subject, [...(groups.get(subject) ?? []), operation]);
  }
  return groups;
}

interface GroupWork {
  readonly outcome: Outcome;
  readonly tags?: ReadonlyMap<string, TagState>;
  readonly revocations?: Revocations;
}

interface Surroundings {
  readonly base: Base;
  readonly recollection: Recollection;
  readonly judge: Judge;
}

async function groupWork(group: readonly Operation[], around: Surroundings): Promise<GroupWork> {
  const [first] = group;
  const { judge } = around;
  if (first?.kind === 'sign') {
    const entry = await entryOf(first, group, around);
    if (entry === undefined) return unmet(`${first.tag} is not signed as ${first.digest} by those who have to`);
    return { outcome: { kind: 'entry', entry }, tags: new Map([[first.tag, { entries: [entry] }]]) };
  }
  if (first?.kind === 'remove') {
    const atMs = await judge.removalOf(first.tag, noticesOf(group));
    if (atMs === undefined) return unmet(`the removal of ${first.tag} is not signed by those who have to`);
    return { outcome: { kind: 'removal', atMs }, tags: new Map([[first.tag, { removedMs: atMs, entries: [] }]]) };
  }
  if (first === undefined) return unmet('there is nothing to do');
  const revocation = await judge.revocationOf(first.digest, noticesOf(group));
  if (revocation === undefined) return unmet(`the revocation of ${first.digest} is not signed by those who have to`);
  const { atMs } = revocation;
  return { outcome: { kind: 'revocation', atMs }, revocations: new Map([[first.digest, revocation]]) };
}

/** With the statements that base and memory hold of this digest: a co-signature completes or renews what is there. */
async function entryOf(
  { tag, digest, ...claimed }: Extract<Operation, { kind: 'sign' }>,
  group: readonly Operation[],
  { base, recollection, judge }: Surroundings,
): Promise<Entry | undefined> {
  const own = group.flatMap((operation) => (operation.kind === 'sign' ? operation.statements : []));
  if (!(await judge.hasCounting(tag, { digest, statements: own }))) return undefined;
  const part = await base.part(indexOf(tag, base.bits));
  const held = [part.tags.get(tag), recollection.tags.get(tag)]
    .flatMap((state) => state?.entries ?? [])
    .filter((entry) => entry.digest === digest);
  // The catalogue's own word before that of anybody who could write the journal.
  const { mediaType, size } = held[0] ?? claimed;
  const statements = distinct([...own, ...held.flatMap((entry) => entry.statements)]);
  return judge.entryOf(tag, { digest, mediaType, size, statements });
}

function distinct(statements: readonly TagStatement[]): readonly TagStatement[] {
  const all = new Map(
    statements.map((each) => [`${each.mediaType} ${Buffer.from(each.bytes).toString('base64')}`, each]),
  );
  return [...all].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, statement]) => statement);
}

function noticesOf(group: readonly Operation[]): readonly Notice[] {
  return group.flatMap((operation) => (operation.kind === 'sign' ? [] : operation.notices));
}

function unmet(why: string): GroupWork {
  return { outcome: { kind: 'unmet', why } };
}

/** What is remembered of tags and the base says less of; a shard that is remembered byte by byte is not read for it. */
async function missingOf(tags: ReadonlyMap<string, TagState>, base: Base): Promise<ReadonlyMap<string, TagState>> {
  const missing = new Map<string, TagState>();
  for (const [tag, state] of tags) {
    const part = await base.part(indexOf(tag, base.bits));
    const remembered = { floorMs: 0, tags: new Map([[tag, state]]) };
    if (compareItems(itemOf(part, tag), itemOf(remembered, tag)) < 0) missing.set(tag, state);
  }
  return missing;
}

/** Floors that are remembered and the base lacks, by its own shards. */
async function missingFloors({ floors }: Recollection, base: Base): Promise<Work['floors']> {
  const missing: { index: number; floorMs: number }[] = [];
  for (const { bits, index, floorMs } of floors) {
    if (floorMs === 0) continue;
    const [first, count] =
      base.bits >= bits
        ? [index * 2 ** (base.bits - bits), 2 ** (base.bits - bits)]
        : [index >>> (bits - base.bits), 1];
    for (let at = first; at < first + count; at += 1)
      if ((await base.part(at)).floorMs < floorMs) missing.push({ index: at, floorMs });
  }
  return missing;
}

/** Whether the base dominates: no tag of it is less, and an entry that is equal meets its rule where the other does. */
async function covers(base: Base, wanted: Content, judge: Judge): Promise<boolean> {
  for (const tag of wanted.tags.keys()) {
    const own = itemOf(await base.part(indexOf(tag, base.bits)), tag);
    const other = itemOf(wanted, tag);
    const order = compareItems(own, other);
    if (order < 0) return false;
    if (order > 0 || own.kind === 'removal' || other.kind === 'removal') continue;
    if ((await judge.meetsRule(tag, other.entry)) && !(await judge.meetsRule(tag, own.entry))) return false;
  }
  return true;
}
