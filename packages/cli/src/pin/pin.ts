import { escapeForTerminal, toJsonText } from '@signet/verifier';
import { connect } from '../connect.ts';
import { CliError, codeOf } from '../errors.ts';
import { type ExitCode, worstOf } from '../exit-codes.ts';
import { parseReading } from '../inputs/reading.ts';
import type { Io } from '../io.ts';
import { type OutputOptions, outputOptions, writeJson } from '../options/output.ts';
import { createProgress } from '../progress.ts';
import { createStyle } from '../style.ts';
import { codeFor, type Outcome } from '../verify/outcome.ts';
import { type PlacedInputs, placedInputs } from '../verify/placed-inputs.ts';
import { writeError } from '../verify/sink.ts';
import { targetsOfInputs } from '../verify/targets.ts';
import { askerOf } from '../verify/verify-all.ts';
import { verifyTargets } from '../verify/verify-targets.ts';
import { createFileSink } from './file-sink.ts';
import { checkPinFlags, isTrusting, type PinFlags } from './flags.ts';
import type { PinSink } from './pin-sink.ts';
import { pinnedText, pinnedUses } from './pinned-use.ts';
import { createPinning } from './pinning.ts';
import { createRefusalSink } from './refusal-sink.ts';
import { createTextSink } from './text-sink.ts';
import { unifiedDiff } from './unified-diff.ts';

/** Writes digests into the inputs of a call: those that were verified, or without a key or policy those that the tags name now. */
export async function pin(_args: readonly string[], flags: PinFlags, io: Io): Promise<ExitCode> {
  const output = outputOptions(flags, io);
  const paths = checkPinFlags(flags);
  const inputs = await placedInputs(paths, { io, reading: parseReading(flags, io), refuseLinksOut: true });
  if (output.verbose) for (const note of inputs.notes) io.stderr.write(`note: ${escapeForTerminal(note)}\n`);
  const references = inputs.targets.map(({ text }) => text);
  const connection = await connect(flags, io, output, { references });
  const progress = createProgress(io, output);
  const using = { flags, io, output, connection, progress };
  const pinning = createPinning(inputs, { ...using, sink: sinkFor(inputs, paths, using) });
  try {
    if (!isTrusting(flags)) return await pinning.pinAfter(tellUnread(inputs, using));
    refuseNothing(inputs, paths);
    const sink = pinning.hearing(createRefusalSink({ io, output, strict: flags.strict === true }));
    const asker = await askerOf(flags, io);
    return await pinning.pinAfter(await verifyTargets(targetsOfInputs(inputs), { ...using, asker, sink }));
  } finally {
    progress.clear();
    await connection.close();
  }
}

interface Writing {
  readonly flags: PinFlags;
  readonly io: Io;
  readonly output: OutputOptions;
}

/** Into the files; else to standard output: with JSON what would be pinned, of one file its whole text, of several a diff. */
function sinkFor({ files }: PlacedInputs, paths: readonly string[], { flags, io, output }: Writing): PinSink {
  const { good } = createStyle(output.color);
  if (flags.write === true)
    return createFileSink((use) =>
      output.json ? writeJson(io, use) : io.stdout.write(`${good('pinned')}  ${pinnedText(use)}\n`),
    );
  if (output.json)
    return createTextSink(io.stdout, (pinned) =>
      pinnedUses(pinned)
        .map((use) => `${toJsonText(use, 0)}\n`)
        .join(''),
    );
  const isWhole = files.length === 1 && paths.length === 1 && files[0]?.path === paths[0];
  return createTextSink(io.stdout, ({ before, bytes }, { path }) =>
    isWhole ? textOf(bytes) : unifiedDiff(path, textOf(before), textOf(bytes)),
  );
}

/** A byte order mark stays. */
function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8');
}

/** That all of nothing is verified would be a dangerous thing to say. */
function refuseNothing({ targets, unread }: PlacedInputs, paths: readonly string[]): void {
  if (targets.length > 0 || unread.length > 0) return;
  throw new CliError('USAGE', `no image is named in ${paths.join(', ')}: nothing could be verified`, {
    hint: '--verbose says what was passed over',
  });
}

/** Where images may be named that cannot be read they stay unpinned: with `--allow-unpinned` a remark; a file that cannot be read is none. */
function tellUnread({ unread }: PlacedInputs, { flags, io, output }: Writing): ExitCode {
  const isAllowed = (outcome: Outcome): boolean =>
    flags.allowUnpinned === true && 'error' in outcome && codeOf(outcome.error) === 'INPUT_UNREAD';
  for (const outcome of unread) if ('error' in outcome) writeError(outcome, io, output);
  return worstOf(unread.filter((outcome) => !isAllowed(outcome)).map((outcome) => codeFor(outcome, false)));
}
