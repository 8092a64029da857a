import { defaultPace, type Pace } from '@signet/core';
import { type Digest, RegistryError, type Resolved } from '@signet/oci';
import { maxLifetimeMs } from '../catalogue/limits.ts';
import { TagsError } from '../errors.ts';
import { encodeHead, pushParts } from '../head/encode-head.ts';
import type { Head } from '../head/head.ts';
import { signFile } from '../head/sign-file.ts';
import { judgeFile } from '../head/trusted-file.ts';
import { writeHead } from '../head/write-head.ts';
import { encodeEntries, pushEntry } from '../journal/entry.ts';
import { journalTag } from '../journal/journal.ts';
import { type Operation, subjectOf } from '../journal/operation.ts';
import { newUlid } from '../journal/ulid.ts';
import { HISTORY_TAG_PREFIX } from '../reserved.ts';
import { type Base, readBase } from './base.ts';
import { checkClock, checkCold, checkRevoked } from './checks.ts';
import { cleanJournal } from './clean.ts';
import { type JournalReader, openJournal } from './journal-reader.ts';
import { createJudge, type Judge } from './judge.ts';
import { draftOf, type NewFile } from './new-file.ts';
import type { ColdOptions, Ignored, Published, WriterOptions } from './options.ts';
import { mergeRecollections, nothingKnown, type Recollection, recollect, shardsOf } from './recollection.ts';
import { leastOf, ownResults, receiptsOf, refuseHopeless } from './results.ts';
import { recollectionOf, stateOf } from './state-of.ts';
import { type Work, workOf } from './work.ts';

/** What a run is to do. */
export interface RunOptions extends WriterOptions, ColdOptions {
  readonly operations: readonly Operation[];
  /** A file that was issued earlier is not enough, milliseconds since 1970 UTC. */
  readonly sinceMs?: number;
  /** Begins a catalogue where there is none, or none that is trusted. */
  readonly mayCreate?: boolean;
  /** What has to be held beside state and journal. */
  readonly also?: Recollection;
}

/** Limits of publishing, milliseconds. Rule: signed-tags.md 5.1. */
const limits = {
  totalMs: 120_000,
  /** For so long a judge's now is now. */
  judgeMs: 10_000,
  minSettleMs: 50,
  maxSettleMs: 200,
  backOffMs: 100,
  maxBackOffMs: 800,
} as const;
const defaultLifetimeMs = 72 * 3_600_000;
/** Entries that are looked at to clean up, after a run. */
const maxCleaned = 200;
/** ULIDs that a head names as merged: the newest. */
const maxMerged = 1000;
/** Rounds in a row that fail. */
const maxFailures = 10;

/** A run under way. */
interface Run {
  readonly options: RunOptions;
  readonly pace: Pace;
  judge: Judge;
  /** When the judge's now was, milliseconds since 1970 UTC. */
  judgedAtMs: number;
  readonly journal: JournalReader;
  readonly startedMs: number;
  /** Bytes of shards that were read, by digest. */
  readonly shards: Map<Digest, Uint8Array>;
  /** Own entries, to be written before the head is. */
  readonly entries: readonly OwnEntry[];
  recollection: Recollection;
  base: Base | undefined;
  isRecorded: boolean;
  isOwn: boolean;
  isCold: boolean;
  rounds: number;
  failures: number;
  /** What was signed last, for a round in which nothing else has changed. */
  signed: Signed | undefined;
}

interface OwnEntry {
  readonly ulid: string;
  readonly operations: readonly Operation[];
  readonly manifest: Resolved;
}

interface Signed extends NewFile {
  readonly signatures: Head['signatures'];
  readonly manifest: Resolved;
}

/**
 * Publishes: reads the head, merges into it the journal, what the writer remembers and its own operations, and writes it, until a head is there
 * that holds them all. The own operations are in the journal before any head holds them: whoever publishes next completes what this run could
 * not. Rule: signed-tags.md 5.1.
 * @throws {TagsError} HEAD_MISSING, HEAD_TOO_OLD, WRITER_COLD, CLOCK_DIFFERS, OPERATION_REFUSED, SIGNER_NOT_TRUSTED, PUBLISH_TIMEOUT, …;
 * {RegistryError} what the store throws, before the operations are recorded; {KeyError}, {EnvelopeError} what a signer throws
 */
export async function runPublisher(options: RunOptions): Promise<Published> {
  const run = await startRun(options);
  for (;;) {
    run.rounds += 1;
    const finished = await attempt(run);
    if (finished !== undefined) return finished;
    if (run.pace.clock() - run.startedMs >= limits.totalMs)
      return await giveUp(run, new TagsError('PUBLISH_TIMEOUT', `not published after ${run.rounds} rounds`));
  }
}

async function startRun(options: RunOptions): Promise<Run> {
  const { authority, now, pace = defaultPace, lifetimeMs = defaultLifetimeMs, also = nothingKnown } = options;
  if (!(lifetimeMs > 0 && lifetimeMs <= maxLifetimeMs))
    throw new TagsError('OPERATION_REFUSED', 'a catalogue lives for more than nothing and at most 30 days');
  const judgedAtMs = now();
  const judge = createJudge(authority, judgedAtMs);
  await refuseHopeless(options.operations, { authority, judge });
  const nextUlid = (): string => newUlid(now(), () => pace.random());
  const entries = encodeEntries(options.operations, authority.collection, nextUlid);
  const recollection = mergeRecollections(await recollect(await options.state.read(), authority, now()), also);
  return {
    options,
    pace,
    judge,
    judgedAtMs,
    journal: openJournal(options, pace),
    startedMs: pace.clock(),
    shards: new Map(shardsOf(recollection)),
    entries,
    recollection,
    base: undefined,
    isRecorded: false,
    isOwn: false,
    isCold: false,
    rounds: 0,
    failures: 0,
    signed: undefined,
  };
}

/** Trouble that may pass: another round is tried. docker-registry refuses a head while somebody pushes a blob of it once more. */
const passing: ReadonlySet<string> = new Set([
  'UNREACHABLE',
  'TIMEOUT',
  'SERVER_ERROR',
  'THROTTLED',
  'ABORTED',
  'NOT_FOUND',
  'REFUSED',
]);

/** One round; undefined: another is needed. What goes wrong once the operations are recorded takes nothing back. */
async function attempt(run: Run): Promise<Published | undefined> {
  const { signal } = run.options;
  try {
    const finished = await playRound(run);
    run.failures = 0;
    return finished;
  } catch (error) {
    if (!(error instanceof Error) || signal?.aborted === true) throw error;
    const isRegistry = error instanceof RegistryError;
    const isConflict = isRegistry && error.code === 'CONFLICT';
    run.failures += isConflict ? 0 : 1;
    const mayPass = isConflict || (isRegistry && passing.has(error.code) && run.failures < maxFailures);
    if (!mayPass) return await giveUp(run, error);
  }
  const most = Math.min(limits.maxBackOffMs, limits.backOffMs * run.rounds);
  await run.pace.wait(run.pace.random() * most, signal);
  return undefined;
}

async function playRound(run: Run): Promise<Published | undefined> {
  const { options, pace } = run;
  const base = await readHeadOf(run);
  await run.journal.read(new Set([...mergedIn(base), ...run.entries.map(({ ulid }) => ulid)]));
  judgeByNow(run);
  const work = await workOf(base, { ...run, operations: operationsOf(run) });
  run.recollection = mergeRecollections(run.recollection, recollectionOf(base, run.shards));
  if (isDone(run, base, work)) return await finish(run, base, work);
  const next = await prepare(run, base, work);
  await pushParts(options.store, { ...next, shards: next.newShards }, options.signal);
  await record(run);
  await putHead(run, base, next);
  run.isOwn = true;
  const { minSettleMs, maxSettleMs } = limits;
  await pace.wait((options.settleMs ?? 0) + minSettleMs + pace.random() * (maxSettleMs - minSettleMs), options.signal);
  return undefined;
}

/** A run may have stood still for long: what others have signed meanwhile is not from the future. */
function judgeByNow(run: Run): void {
  const { authority, now } = run.options;
  const nowMs = now();
  if (Math.abs(nowMs - run.judgedAtMs) < limits.judgeMs) return;
  run.judge = createJudge(authority, nowMs);
  run.judgedAtMs = nowMs;
}

/** Step 1. What was seen once counts in the rounds that follow, whatever a replica shows then. */
async function readHeadOf(run: Run): Promise<Base> {
  const { options, pace, recollection, shards } = run;
  const { store, authority, now, signal } = options;
  const known = run.base?.head;
  const base = await readBase({
    store,
    authority,
    now,
    pace,
    isExpected: known !== undefined || recollection.isWarm,
    recollection,
    shards,
    ...(known === undefined ? {} : { known }),
    ...(signal === undefined ? {} : { signal }),
  });
  // In every round: a clock that was set back meanwhile would take what the head holds for the future, and write over it.
  checkClock(base, options);
  if (run.base === undefined) {
    run.isCold = checkCold(base, recollection, options);
    checkRevoked(options.operations, [base.catalogue?.revoked ?? new Map(), recollection.revoked]);
  }
  run.base = base;
  return base;
}

/** Entries that the head holds, as far as its file is trusted. */
function mergedIn({ head, signers }: Base): readonly string[] {
  return head === undefined || signers === undefined ? [] : head.merged;
}

function operationsOf({ options, journal }: Run): readonly Operation[] {
  const others = [...journal.entries.values()].flatMap((entry) => (entry.kind === 'entry' ? entry.operations : []));
  return [...options.operations, ...others];
}

/** Step 2. */
function isDone({ options }: Run, { catalogue, signers }: Base, { isCovered }: Work): boolean {
  if (catalogue === undefined || signers === undefined || catalogue.issuedMs < (options.sinceMs ?? 0)) return false;
  return isCovered && catalogue.expiresMs > options.now();
}

/** Step 3: the file that holds all, signed. One that was signed in the round before serves again where it says the same. */
async function prepare(run: Run, base: Base, work: Work): Promise<Signed> {
  const { options, judge, recollection } = run;
  const { authority, now, lifetimeMs = defaultLifetimeMs, signers, signal } = options;
  const { collection } = authority;
  const draft = await draftOf(base, work, { collection, judge, nowMs: now() });
  const before = run.signed;
  const again = before === undefined ? undefined : draft.encode(before.catalogue);
  const manifestOf = (file: Pick<Signed, 'file' | 'signatures' | 'shards'>): Resolved =>
    encodeHead({ ...file, merged: mergedBy(run, base, work) });
  if (before !== undefined && again !== undefined && Buffer.from(again.file).equals(before.file))
    return { ...before, ...again, manifest: manifestOf(before) };
  const issuedMs = Math.max(now(), recollection.issuedMs + 1);
  const next = draft.encode({ issuedMs, expiresMs: issuedMs + lifetimeMs });
  const { signatures } = await signFile(next.file, signers, signal);
  const judged = await judgeFile({ file: next.file, signatures }, authority);
  if (judged.kind === 'refused') throw new TagsError('SIGNER_NOT_TRUSTED', `nobody would trust it: ${judged.message}`);
  run.signed = { ...next, signatures, manifest: manifestOf({ ...next, signatures }) };
  return run.signed;
}

/** Entries that the new file holds: they are not read again while they lie there. */
function mergedBy({ journal, entries }: Run, base: Base, { outcomes }: Work): readonly string[] {
  const listed = new Set(journal.listed);
  const before = mergedIn(base).filter((ulid) => listed.has(ulid));
  const others = [...journal.entries.values()].flatMap((entry) => (entry.kind === 'entry' ? [entry] : []));
  const held = [...others, ...entries].filter(({ operations }) =>
    // What waits for another signer has to be read again.
    operations.every((each) => outcomes.get(subjectOf(each))?.kind !== 'unmet'),
  );
  return [...new Set([...before, ...held.map(({ ulid }) => ulid)])].toSorted().slice(-maxMerged);
}

/** Before the head, always: then nothing that a head held is lost with it. */
async function record(run: Run): Promise<void> {
  if (run.isRecorded) return;
  const { store, signal } = run.options;
  for (const { ulid, manifest } of run.entries) await pushEntry(store, { tag: journalTag(ulid), manifest }, signal);
  run.isRecorded = true;
}

/** Steps 4 and 5. @throws as {@link writeHead} */
async function putHead({ options, pace }: Run, { expected, readAt }: Base, { manifest }: Signed): Promise<void> {
  const { store, now, signal } = options;
  await writeHead(manifest, { store, expected, readAt, pace, now, ...(signal === undefined ? {} : { signal }) });
}

/** Step 6. What is published stays so, whatever becomes of the rest. */
async function finish(run: Run, base: Base, work: Work): Promise<Published> {
  const { options, judge, journal } = run;
  const operations = await ownResults(options.operations, base, work);
  if (operations.some(({ outcome }) => outcome === 'waiting')) await record(run);
  const isStateSaved = await saveState(run, base, work);
  const historyTag = options.keepHistory === true && run.isOwn ? await keepHead(base, options) : undefined;
  const cleaned = await cleanJournal(base, journal, { options, judge, maxEntries: maxCleaned });
  return {
    ...answerOf(run, base, ignoredOf(run, work)),
    outcome: leastOf(operations),
    operations,
    receipts: receiptsOf(operations, { collection: options.authority.collection, issuedMs: base.catalogue?.issuedMs }),
    ...(historyTag === undefined ? {} : { historyTag }),
    cleaned,
    isStateSaved,
  };
}

/** Nothing was published: what is recorded the next writer completes. @throws `failure` where nothing is recorded */
async function giveUp(run: Run, failure: Error): Promise<Published> {
  const { operations } = run.options;
  if (!run.isRecorded || operations.length === 0) throw failure;
  return {
    ...answerOf(run, run.base, []),
    outcome: 'recorded',
    operations: operations.map((operation) => ({ operation, outcome: 'recorded' })),
    receipts: [],
    cleaned: 0,
    isStateSaved: false,
    failure,
  };
}

function answerOf(
  run: Run,
  base: Base | undefined,
  ignored: readonly Ignored[],
): Omit<Published, 'outcome' | 'operations' | 'receipts' | 'cleaned' | 'isStateSaved'> {
  const { isOwn, isCold, rounds, entries, isRecorded } = run;
  const { head, catalogue, signers } = base ?? {};
  const shown =
    head === undefined || catalogue === undefined || signers === undefined
      ? {}
      : {
          head: {
            manifest: head.resolved.descriptor.digest,
            file: head.fileDigest,
            issuedMs: catalogue.issuedMs,
            expiresMs: catalogue.expiresMs,
          },
        };
  return { ...shown, isOwn, isCold, rounds, journal: isRecorded ? entries.map(({ ulid }) => ulid) : [], ignored };
}

function ignoredOf({ journal }: Run, { outcomes }: Work): readonly Ignored[] {
  const known = [...journal.entries.values()].flatMap((entry) => {
    if (entry.kind === 'junk') return [{ ulid: entry.ulid, why: entry.why }];
    return entry.operations.flatMap((operation) => {
      const outcome = outcomes.get(subjectOf(operation));
      return outcome?.kind === 'unmet' ? [{ ulid: entry.ulid, why: outcome.why }] : [];
    });
  });
  return [...known, ...journal.unreadable];
}

async function saveState({ options, judge, shards }: Run, base: Base, { wanted }: Work): Promise<boolean> {
  const state = await stateOf(base, { judge, shards, tags: wanted.tags.keys() });
  if (state === undefined) return false;
  try {
    return await options.state.merge(state);
  } catch (error) {
    if (error instanceof TagsError) return false; // it was damaged since it was read
    throw error;
  }
}

/** A head under a tag of its own, which nobody overwrites; undefined where that cannot be. */
async function keepHead(
  { head, catalogue }: Base,
  { store, pace = defaultPace, signal }: RunOptions,
): Promise<string | undefined> {
  if (head === undefined || catalogue === undefined) return undefined;
  const tag = HISTORY_TAG_PREFIX + newUlid(catalogue.issuedMs, () => pace.random());
  try {
    await store.tag(head.resolved, tag, signal === undefined ? {} : { signal });
    return tag;
  } catch (error) {
    if (error instanceof RegistryError && signal?.aborted !== true) return undefined;
    throw error;
  }
}
