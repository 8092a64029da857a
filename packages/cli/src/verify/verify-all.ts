import { escapeForTerminal } from '@signet/verifier';
import { connect, DEFAULT_CONCURRENCY } from '../connect.ts';
import { type ExitCode, worstOf } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { outputOptions } from '../options/output.ts';
import { createProgress, type Progress } from '../progress.ts';
import { forEachReference } from '../references.ts';
import { askingAhead } from './ahead.ts';
import type { Asker } from './asker.ts';
import { checkFlags, type VerifyFlags } from './flags.ts';
import { codeFor, type Outcome, type Target } from './outcome.ts';
import type { ResultSink } from './sink.ts';
import { targetsOf } from './targets.ts';
import { askUntil } from './wait.ts';

/** Verifies all images of a call side by side and writes the results in their order. */
export async function verifyAll(args: readonly string[], flags: VerifyFlags, io: Io): Promise<ExitCode> {
  const output = outputOptions(flags, io);
  const strict = flags.strict === true;
  checkFlags(flags);
  const { references, images, unread } = await targetsOf(args, flags, io);
  const connection = await askingAhead(await connect(flags, io, output, { references }), { args, flags });
  const progress = createProgress(io, output);
  try {
    const asker = await askerOf(flags, io);
    const sink = await (await import('./create-sink.ts')).createSink({ io, output, strict });
    const ask = (target: Target) => asker(target, connection);
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
    sink.end();
    return worstOf([code, ...unread.map((outcome) => codeFor(outcome, strict))]);
  } finally {
    progress.clear();
    await connection.close();
  }
}

/** Only what is asked for is loaded: a policy takes more than a key. */
async function askerOf(flags: VerifyFlags, io: Io): Promise<Asker> {
  return flags.policy === undefined
    ? await (await import('./asker.ts')).createAsker(flags, io)
    : await (await import('./asker-by-policy.ts')).createPolicyAsker(flags.policy, flags, io);
}

/** A document must not look whole where the list broke off. */
async function* toTheEnd(targets: AsyncIterable<Target>, sink: ResultSink): AsyncGenerator<Target> {
  try {
    yield* targets;
  } catch (error) {
    sink.breakOff(error);
    throw error;
  }
}

type Ask = (target: Target) => ReturnType<Asker>;

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
