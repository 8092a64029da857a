import { RegistryError } from '../errors.ts';
import {
  emptyFallbackIndex,
  encodeFallbackIndex,
  type FallbackEntry,
  type FallbackIndex,
  mergeEntries,
} from './fallback-index.ts';

/** What the fallback tag names now. `etag`: for a conditional write, where the registry gives one. */
export type Head =
  | { readonly kind: 'absent' }
  | { readonly kind: 'index'; readonly index: FallbackIndex; readonly etag?: string }
  | { readonly kind: 'other' };

/** One fallback tag of one registry. */
export interface FallbackDoor {
  /** `isKnown`: the index was there before, so that its absence is more likely a passing state of the registry. */
  read(isKnown: boolean): Promise<Head>;
  /** `changed`: the condition did not hold (412); `dangling`: the registry refuses entries whose manifest is gone. */
  write(bytes: Uint8Array, over: Head): Promise<'written' | 'changed' | 'dangling'>;
  /** Whether an entry's manifest is there. */
  exists(entry: FallbackEntry): Promise<boolean>;
  sleep(ms: number): Promise<void>;
  random(): number;
  /** Milliseconds, for measuring. */
  clock(): number;
}

/** One change that somebody waits for. */
export interface Change {
  readonly kind: 'add' | 'remove';
  readonly entry: FallbackEntry;
  resolve(): void;
  reject(error: unknown): void;
}

/** How a run ends, how long it pauses. Pauses are random between the two bounds, and longer where the registry is slow. */
export const settling = {
  minPauseMs: 50,
  maxPauseMs: 200,
  confirmations: 2,
  maxWrites: 20,
  maxRounds: 80,
  /** All rounds together: a registry that is slow on purpose does not hold us up for hours. */
  maxMs: 300_000,
  /** Older than this a read is no check any more that the index has not changed: it is read again before the write. */
  maxReadAgeMs: 40,
} as const;

/** The changes under way for one tag, and what has been seen of it. */
export interface Run {
  readonly waiting: Map<Change, number>;
  /** Entries that must not get lost: all that were seen, and ours. */
  readonly seen: Map<string, FallbackEntry>;
  readonly removed: Set<string>;
}

/**
 * Brings the waiting changes into the index: read, merge, write, and read again until each was seen twice with a pause before each read;
 * what another writer overwrote is merged in again. More changes may join while it runs. Registries have no compare-and-swap here
 * (wire-formats 2.4): a writer that pauses longer between its read and its write than we watch can still hide an entry.
 * Every change is resolved or rejected when this returns. Rule: design.md 7, "writes are safe".
 */
export async function settle(run: Run, door: FallbackDoor): Promise<void> {
  const until = door.clock() + settling.maxMs;
  const state: Pace = { until, writes: 0, slowestMs: 0, isKnown: false, there: new Set() };
  try {
    for (let round = 0; run.waiting.size > 0; round += 1) {
      if (round >= settling.maxRounds) throw unconfirmed(`${round} rounds`);
      checkTime(door, state);
      await playRound(run, door, state);
      if (run.waiting.size > 0) await door.sleep(pauseMs(state, door.random()));
    }
  } catch (error) {
    for (const change of run.waiting.keys()) change.reject(error);
    run.waiting.clear();
  }
}

interface Pace {
  /** By the door's clock. */
  readonly until: number;
  writes: number;
  slowestMs: number;
  /** The index was there in an earlier round. */
  isKnown: boolean;
  /** Vanished entries whose manifest was found: asking again each round would make every read too old to write after. */
  readonly there: Set<string>;
}

/** To the tag, and how it goes. */
interface Way {
  readonly door: FallbackDoor;
  readonly pace: Pace;
}

async function playRound(run: Run, door: FallbackDoor, pace: Pace): Promise<void> {
  const started = door.clock();
  const head = await door.read(pace.isKnown);
  pace.isKnown ||= head.kind === 'index';
  const readAt = door.clock();
  pace.slowestMs = Math.max(pace.slowestMs, readAt - started);
  if (head.kind === 'other')
    throw new RegistryError('CONFLICT', 'the fallback tag names something that is no index: it is not overwritten');
  const { document, entries } = head.kind === 'index' ? head.index : emptyFallbackIndex;
  await forgetDeleted(run, entries, { door, pace });
  for (const entry of entries) if (!run.removed.has(entry.digest)) run.seen.set(entry.digest, entry);
  count(run, new Set(entries.map(({ digest }) => digest)), pace.writes > 0);
  const merged = mergeEntries(entries, run.seen.values(), run.removed);
  if (!merged.isChanged || run.waiting.size === 0) return;
  if (pace.writes >= settling.maxWrites) throw unconfirmed(`${pace.writes} writes`);
  const bytes = encodeFallbackIndex({ document, entries: merged.entries });
  if (door.clock() - readAt > settling.maxReadAgeMs) return;
  pace.writes += 1;
  const outcome = await door.write(bytes, head);
  pace.slowestMs = Math.max(pace.slowestMs, door.clock() - readAt);
  if (outcome === 'dangling') await dropDangling(run, merged.entries, { door, pace });
  // Whatever was seen before this write says nothing about the state after it.
  for (const change of run.waiting.keys()) run.waiting.set(change, 0);
}

/** Counts the reads that show each change; resolves those that were seen often enough. */
function count(run: Run, present: ReadonlySet<string>, haveWritten: boolean): void {
  for (const [change, seen] of run.waiting) {
    const isDone = change.kind === 'add' ? present.has(change.entry.digest) : !present.has(change.entry.digest);
    const now = isDone ? seen + 1 : 0;
    run.waiting.set(change, now);
    // A removal of what nobody lists is done at once.
    const isTrivial = change.kind === 'remove' && !haveWritten;
    if (now < settling.confirmations && !(isDone && isTrivial)) continue;
    run.waiting.delete(change);
    change.resolve();
  }
}

/** Entries that vanished since we saw them: overwritten (they come back) or deleted with their manifest (they do not). */
async function forgetDeleted(run: Run, entries: readonly FallbackEntry[], { door, pace }: Way): Promise<void> {
  const present = new Set(entries.map(({ digest }) => digest));
  const ours = new Set([...run.waiting.keys()].map(({ entry }) => entry.digest));
  const isUnknown = ({ digest }: FallbackEntry): boolean =>
    !present.has(digest) && !ours.has(digest) && !pace.there.has(digest);
  const vanished = [...run.seen.values()].filter(isUnknown);
  await forgetMissing(run, vanished, { door, pace });
  for (const { digest } of vanished) if (!run.removed.has(digest)) pace.there.add(digest);
}

/** The registry refuses the index because of entries whose manifest is gone: they go, for the others' sake. */
async function dropDangling(run: Run, entries: readonly FallbackEntry[], way: Way): Promise<void> {
  const before = run.removed.size;
  await forgetMissing(run, entries, way);
  if (run.removed.size === before) {
    throw new RegistryError(
      'REFUSED',
      'the registry refuses the referrers index, and all manifests that it names are there',
    );
  }
}

const sideBySide = 8;

async function forgetMissing(run: Run, entries: readonly FallbackEntry[], { door, pace }: Way): Promise<void> {
  for (let at = 0; at < entries.length; at += sideBySide) {
    checkTime(door, pace);
    const some = entries.slice(at, at + sideBySide);
    const there = await Promise.all(some.map((entry) => door.exists(entry)));
    for (const [index, entry] of some.entries()) {
      if (there[index] === true) continue;
      run.seen.delete(entry.digest);
      run.removed.add(entry.digest);
    }
  }
}

/**
 * Random, so that two writers part, and longer than another writer takes from its read to its write: the age that a read may have, the
 * end of the read and the write, each as slow as the slowest of our own requests.
 */
function pauseMs({ slowestMs, writes }: Pace, random: number): number {
  const { minPauseMs, maxPauseMs, maxReadAgeMs } = settling;
  const crowding = 1 + Math.min(writes, 8) / 4;
  const chosen = minPauseMs + random * (maxPauseMs - minPauseMs) * crowding;
  const window = maxReadAgeMs + Math.min(2000, slowestMs * 2);
  return Math.max(chosen, window * (1 + random / 4));
}

function checkTime(door: FallbackDoor, { until }: Pace): void {
  if (door.clock() > until) throw unconfirmed(`${settling.maxMs / 1000} seconds`);
}

function unconfirmed(after: string): RegistryError {
  return new RegistryError(
    'CONFLICT',
    `the entry in the referrers index could not be confirmed after ${after}: other writers keep overwriting it, or the registry is too slow`,
  );
}
