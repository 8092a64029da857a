import {
  AdmissionError,
  askResident,
  imageOfCall,
  maxDescriptorBytes,
  outcomeOfPinned,
  type PulledImage,
  parseVerifierCall,
  type ReportForGate,
  refusalMessage,
} from '@signet/admission';
import { formatReference, RegistryError } from '@signet/oci';
import { escapeForTerminal, verifyByPolicy } from '@signet/verifier';
import { connect } from '../connect.ts';
import { CliError, exitCodeForError, renderError } from '../errors.ts';
import { EXIT, type ExitCode, exitCodeOf } from '../exit-codes.ts';
import { readStdin } from '../files.ts';
import type { Io } from '../io.ts';
import type { ExampleKeyFlags } from '../options/keys.ts';
import type { PluginConfigFlags, PolicyFlags } from '../options/policy.ts';
import type { RegistryFlags } from '../options/registry.ts';
import type { StateFlags } from '../tags/state-folder.ts';
import { checkedSocket } from './checked-socket.ts';

export interface ContainerdFlags extends PolicyFlags, PluginConfigFlags, ExampleKeyFlags, StateFlags, RegistryFlags {
  readonly server?: string;
}

/** containerd kills a verifier after 10 s and then shows no reason: the answer is there before. */
const defaultTotalMs = 8000;

/**
 * One call by containerd. Whatever goes wrong is a reason on standard output, the only one that containerd shows, and stops the pull. Never
 * throws. Rule: containerd docs/image-verification.md
 */
export async function judgePull(args: readonly string[], flags: ContainerdFlags, io: Io): Promise<ExitCode> {
  const untilMs = flags.timeout ?? defaultTotalMs; // on the clock of performance.now(), which began with the process
  try {
    return await inTime(untilMs, judge(args, { flags, io, untilMs }));
  } catch (error) {
    io.stdout.write(renderError(error));
    return refusing(exitCodeForError(error));
  }
}

interface Judging {
  readonly flags: ContainerdFlags;
  readonly io: Io;
  readonly untilMs: number;
}

async function judge(args: readonly string[], judging: Judging): Promise<ExitCode> {
  const { io } = judging;
  const call = parseVerifierCall(args);
  const image = imageOfCall(call, await readStdin(io.stdin, maxDescriptorBytes));
  const outcome = outcomeOfPinned(await ask(image, judging));
  const name = formatReference(image);
  const refusal = refusalMessage([{ image: name, outcome }]);
  io.stdout.write(`${refusal ?? escapeForTerminal(`${name}: ${outcome.verdict} (${outcome.code}): ${outcome.why}`)}\n`);
  return refusal === undefined ? EXIT.ok : refusing(exitCodeOf[outcome.verdict]);
}

/** By the resident server where one answers; else by the policy, in this process. */
async function ask(image: PulledImage, judging: Judging): Promise<ReportForGate> {
  const { server, policy } = judging.flags;
  if (server === undefined) return await askPolicy(image, judging);
  const leftMs = leftOf(judging.untilMs);
  try {
    // Where this process could decide as well, half of the time is left for that.
    return await askResident(image, {
      socket: checkedSocket(server),
      timeoutMs: policy === undefined ? leftMs : leftMs / 2,
    });
  } catch (error) {
    if (policy === undefined || !(error instanceof AdmissionError)) throw error;
    judging.io.stderr.write(renderError(error));
    return await askPolicy(image, judging);
  }
}

async function askPolicy(image: PulledImage, { flags, io, untilMs }: Judging): Promise<ReportForGate> {
  if (flags.policy === undefined)
    throw new CliError('USAGE', 'neither a policy nor a server is named', {
      hint: '--policy FILE, or --server SOCKET',
    });
  const { readPolicy } = await import('../policy/load.ts');
  const policy = await readPolicy(flags.policy, flags, io);
  const { callWitnesses } = await import('../verify/witnesses.ts');
  const { createCallTags } = await import('../tags/trusted-tags.ts');
  const tags = await createCallTags(policy, { flags, io, reuseMs: 0 });
  const output = { form: 'text', json: false, quiet: true, verbose: false, color: false } as const;
  const connection = await connect(flags, io, output, { references: [] });
  try {
    const trusted = tags.over(connection);
    return await verifyByPolicy(image, {
      policy,
      witnesses: callWitnesses(flags, io),
      ...(trusted === undefined ? {} : { trusted }),
      open: () => connection.open(image),
      atMs: Date.now(),
      signal: io.signal,
      limits: { totalMs: Math.max(1, Math.floor(leftOf(untilMs) - forAnswerMs)) },
    });
  } finally {
    await connection.close();
  }
}

/** What is left to write an undecided answer of its own, rather than that the time is up. */
const forAnswerMs = 200;

function leftOf(untilMs: number): number {
  return Math.max(1, untilMs - performance.now());
}

async function inTime<T>(untilMs: number, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const late = (): void => reject(new RegistryError('TIMEOUT', `not decided in ${untilMs} ms`));
  const timer = setTimeout(late, leftOf(untilMs));
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** Whatever becomes of the codes elsewhere: a pull that is not allowed never ends with 0. */
function refusing(code: ExitCode): ExitCode {
  return code === EXIT.ok ? EXIT.denied : code;
}
