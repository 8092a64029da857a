import { escapeForTerminal } from '@signet/verifier';
import { type Connection, DEFAULT_CONCURRENCY } from '../connect.ts';
import { CliError, exitCodeForError, renderError } from '../errors.ts';
import { type ExitCode, worstOf } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import type { OutputOptions } from '../options/output.ts';
import type { Progress } from '../progress.ts';
import { forEachReference } from '../references.ts';
import type { Asker } from './asker.ts';
import type { VerifyFlags } from './flags.ts';
import { codeFor, type Outcome, type Target } from './outcome.ts';
import type { ResultSink } from './sink.ts';
import type { Targets } from './targets.ts';
import { askUntil } from './wait.ts';

/** What a call verifies with, and where its results go. */
export interface VerifyingTargets {
  readonly flags: VerifyFlags;
  readonly io: Io;
  readonly output: OutputOptions;
  readonly connection: Connection;
  readonly progress: Progress;
  readonly asker: Asker;
  readonly sink: ResultSink;
}

/** Verifies images side by side; their results go to the sink in their order, what could not be read first. The exit code of all together. */
export async function verifyTargets(
  { images, unread }: Pick<Targets, 'images' | 'unread'>,
  { flags, io, output, connection, progress, asker, sink }: VerifyingTargets,
): Promise<ExitCode> {
  const strict = flags.strict === true;
  const ask = (target: Target) => asker.ask(target, connection);
  const patient = flags.wait === undefined ? ask : waitingFor(flags.wait, { ask, io, progress });
  for (const outcome of unread) sink.add(outcome);
  const code = await forEachReference<Target, Outcome>(toTheEnd(images, sink), {
    io,
    verbose: output.verbose,
    concurrency: flags.concurrency ?? DEFAULT_CONCURRENCY,
    work: (target) => outcomeOf(target, patient),
    show(outcome) {
      progress.clear();
      sink.add(outcome);
      return codeFor(outcome, strict);
    },
  });
  return worstOf([
    code,
    ...unread.map((outcome) => codeFor(outcome, strict)),
    ...asker.unusedReceipts().map((path) => tellUnused(path, io)),
  ]);
}

/** Who named it would take the image for held against it. */
function tellUnused(path: string, io: Io): ExitCode {
  const error = new CliError('USAGE', `${path}: no image of this call is that of the receipt`);
  io.stderr.write(renderError(error));
  return exitCodeForError(error);
}

/** A document must not look whole where the list broke off. */
async function* toTheEnd(targets: Targets['images'], sink: ResultSink): AsyncGenerator<Target> {
  try {
    yield* targets;
  } catch (error) {
    sink.breakOff(error);
    throw error;
  }
}

type Ask = (target: Target) => ReturnType<Asker['ask']>;

interface Around {
  readonly ask: Ask;
  readonly io: Io;
  readonly progress: Progress;
}

/** The time is that of the whole call: what comes late in a list has had as long to appear as what came first. */
function waitingFor(waitMs: number, { ask, io, progress }: Around): Ask {
  const untilMs = Date.now() + waitMs;
  return (target) =>
    askUntil(() => ask(target), {
      untilMs,
      signal: io.signal,
      onPause: ({ code }, pauseMs) =>
        progress.note(`${escapeForTerminal(target.text)}: ${code}, asked again in ${(pauseMs / 1000).toFixed(1)} s`),
    });
}

async function outcomeOf(target: Target, ask: Ask): Promise<Outcome> {
  try {
    return { ...target, report: await ask(target) };
  } catch (error) {
    return { ...target, error };
  }
}
