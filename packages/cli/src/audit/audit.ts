import { rm } from 'node:fs/promises';
import { setFlagsFromString } from 'node:v8';
import { escapeForTerminal, type Policy } from '@signet/verifier';
import { type Connection, connect, DEFAULT_CONCURRENCY } from '../connect.ts';
import { CliError } from '../errors.ts';
import type { ExitCode } from '../exit-codes.ts';
import { isThere } from '../files.ts';
import type { Io } from '../io.ts';
import { type OutputOptions, outputOptions } from '../options/output.ts';
import { mapOrdered } from '../ordered.ts';
import { readPolicy } from '../policy/load.ts';
import { createProgress } from '../progress.ts';
import { askerBy, callTags } from '../verify/asker-by-policy.ts';
import type { PlacedInputs } from '../verify/placed-inputs.ts';
import { checkFiles } from './check-files.ts';
import { nameOf, type ResultEntry, toFailedEntry, toImageEntry } from './entry.ts';
import { type AuditFlags, type AuditPlan, planOf } from './flags.ts';
import { type Journal, openJournal } from './journal.ts';
import { readManifests } from './manifests.ts';
import { withResultsLocked } from './results-lock.ts';
import { readScope, type Scope } from './scope.ts';
import { createSeen, type Seen } from './seen.ts';
import { createSharedReads } from './shared-reads.ts';
import { writeSummary } from './summary.ts';
import { createTally, type Tally } from './tally.ts';
import { type AuditTarget, walk } from './walk.ts';

/** Verifies all images of a registry or a list, and writes what came of each as it comes. */
export async function audit(args: readonly string[], flags: AuditFlags, io: Io): Promise<ExitCode> {
  const output = outputOptions(flags, io);
  const plan = planOf(args, flags);
  await checkFiles(plan);
  const inputs = await readManifests(plan.source, flags, io);
  const scope = await readScope(plan.source, { allTags: flags.allTags === true, inputs }, io);
  const policy = await readPolicy(plan.policyFile, flags, io);
  return await withResultsLocked(plan.journal, () => auditInto({ plan, flags, io, output, scope, policy, inputs }));
}

/**
 * An audit keeps some twenty megabytes; what is young, V8 would let grow to a hundred more, where many requests wait for answers. It runs
 * beside other work: for a fifth more computing it takes a third less memory.
 */
const smallYoungHeap = '--semi-space-growth-factor=1';

interface Audit {
  readonly plan: AuditPlan;
  readonly flags: AuditFlags;
  readonly io: Io;
  readonly output: OutputOptions;
  readonly scope: Scope;
  readonly policy: Policy;
  readonly inputs: PlacedInputs | undefined;
}

async function auditInto(audit: Audit): Promise<ExitCode> {
  const { plan, flags, io, output, scope, policy } = audit;
  await refuseExistingPage(plan, flags);
  const tally = createTally(flags.strict === true);
  const seen = createSeen();
  const journal = await openJournal(plan.journal, {
    resume: flags.resume === true,
    force: flags.force === true,
    head: { scope, policy: policy.revision },
    onDone(entry) {
      seen.add(entry.kind, nameOf(entry));
      tally.add(entry);
    },
  });
  const run = { ...audit, journal, tally, seen };
  const resumed = tally.images();
  try {
    if (!journal.isComplete) await auditAll(run);
  } finally {
    await journal.close();
    // Else the next try, with the mistake mended, would be told that results are there.
    if (journal.isNew && tally.images() + tally.repositories() === 0) await rm(plan.journal, { force: true });
  }
  if (plan.page !== undefined) await (await import('./page.ts')).writePage(plan.page, plan.journal);
  writeSummary({ plan, tally, resumed, askedAnew: journal.reopened, io, output });
  return tally.exitCode();
}

/** Begun anew, the page is that of another audit. */
async function refuseExistingPage({ page }: AuditPlan, { force, resume }: AuditFlags): Promise<void> {
  if (page === undefined || force === true || resume === true || !(await isThere(page))) return;
  throw new CliError('FILE_EXISTS', `${page} is there already`, { hint: '--force begins anew' });
}

interface Run extends Audit {
  readonly journal: Journal;
  readonly tally: Tally;
  readonly seen: Seen;
}

async function auditAll(run: Run): Promise<void> {
  setFlagsFromString(smallYoungHeap);
  const { plan, flags, io, output, scope, journal, tally, seen } = run;
  const connection = await connect(flags, io, output, { references: [] });
  const progress = createProgress(io, output);
  let passedOver = 0;
  const targets = walk(scope, plan.source, {
    connection,
    io,
    inputs: run.inputs,
    isDone: seen.has,
    onPassedOver: () => {
      passedOver += 1;
    },
    onRepository: (name) => progress.note(`repository ${escapeForTerminal(name)}`),
  });
  const ask = await createAsk(run, connection);
  try {
    for await (const entry of mapOrdered(onlyNew(targets, seen), flags.concurrency ?? DEFAULT_CONCURRENCY, ask)) {
      io.signal.throwIfAborted();
      await journal.append(entry);
      tally.add(entry);
      progress.update(progressText(tally, entry));
    }
    const counts = { images: tally.images(), repositories: tally.repositories(), passedOver };
    await journal.append({ kind: 'end', ...counts, endedAt: new Date().toISOString() });
  } finally {
    progress.clear();
    await connection.close();
  }
}

/** A list may name an image twice, a registry may send a tag twice, and an earlier run may have done it: once is enough. */
async function* onlyNew(targets: ReturnType<typeof walk>, seen: Seen): AsyncGenerator<AuditTarget> {
  for await (const target of targets) if (seen.add(target.kind, nameOf(target))) yield target;
}

/** Gives an entry whatever happens; only an interruption is none. */
async function createAsk(
  { flags, io, policy }: Run,
  connection: Connection,
): Promise<(target: AuditTarget) => Promise<ResultEntry>> {
  const { file: _, ...verifying } = flags;
  const { ask } = askerBy(policy, await callTags(policy, verifying, io), { flags: verifying, io });
  const shared = createSharedReads();
  const open: Connection['open'] = async (reference) => {
    const store = await connection.open(reference);
    return reference.kind === 'registry' ? shared.of(store, `${reference.registry}/${reference.repository}`) : store;
  };
  return async (target) => {
    if ('error' in target) return toFailedEntry(target, target.error);
    const { reference: text, platform } = target;
    try {
      const asked = { text, uses: [], ...(platform === undefined ? {} : { platform }) };
      const report = await ask(asked, { ...connection, open });
      io.signal.throwIfAborted();
      return toImageEntry(target, report);
    } catch (error) {
      io.signal.throwIfAborted();
      return toFailedEntry(target, error);
    }
  };
}

function progressText(tally: Tally, entry: ResultEntry): string {
  const { verified, denied, undecided } = tally.verdicts();
  return `${tally.images()} images: ${verified} verified, ${denied} denied, ${undecided} undecided; ${escapeForTerminal(nameOf(entry))}`;
}
