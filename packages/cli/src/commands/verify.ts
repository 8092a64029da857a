import { parseReference } from '@signet/oci';
import {
  createHabit,
  type Habit,
  type Report,
  type Rule,
  renderReport,
  ruleForKeys,
  toReportJson,
  verify,
} from '@signet/verifier';
import { type Command, Option } from 'commander';
import { type Context, onRun } from '../command.ts';
import { type Connection, connect, DEFAULT_CONCURRENCY } from '../connect.ts';
import { CliError, exitCodeForError, renderError } from '../errors.ts';
import { EXIT, type ExitCode, exitCodeOf } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { readTrustedKeys } from '../key-file.ts';
import { addNotes } from '../notes.ts';
import { parseInteger } from '../options/duration.ts';
import {
  addAnnotationOption,
  addTrustedKeyOptions,
  parseAnnotationFlags,
  type TrustedKeyFlags,
} from '../options/keys.ts';
import { addOutputOptions, type OutputFlags, type OutputOptions, outputOptions, writeJson } from '../options/output.ts';
import { addRegistryOptions, type RegistryFlags } from '../options/registry.ts';
import { forEachReference, readReferences } from '../references.ts';

interface VerifyFlags extends TrustedKeyFlags, RegistryFlags, OutputFlags {
  readonly tagBound?: boolean;
  readonly annotation?: readonly string[];
  readonly platform?: string;
  readonly signedReference?: string;
  readonly maxSignatures?: number;
  readonly strict?: boolean;
}

/** `signet verify` */
export function define(command: Command, context: Context): void {
  command
    .argument(
      '<reference...>',
      'images (oci:FOLDER:TAG for a layout on disk; - for a list on standard input, one a line)',
    )
    .option('--strict', 'exit by the verdict alone, whatever mode the rule has');
  addNotes(command, help);
  addTrustedKeyOptions(command);
  command.option('--tag-bound', 'the signature must name this repository and tag');
  addAnnotationOption(command, 'the signed annotations must hold this; repeatable');
  command
    .option('--platform <os/arch>', 'the image of an index for this platform is meant, not the index')
    .option(
      '--signed-reference <reference>',
      'what a signature must name under --tag-bound, where it is not the reference itself (without a tag: its tag)',
    )
    .addOption(
      new Option('--max-signatures <n>', 'signatures that are tried (default: 100)').argParser(
        parseInteger(1, 100_000),
      ),
    );
  addRegistryOptions(command);
  addOutputOptions(command);
  onRun<VerifyFlags>(command, context, verifyAll);
}

const help = `
Exit codes: 0 all verified; 1 any denied; 3 none denied, but any undecided; 2 usage.
With --output json one report a line, in the order of the references (report.schema.json of @signet/verifier).

Examples:
  signet verify --key release.pub --tag-bound registry.example.com/app:1.0
  signet verify --key release.pub - < images.txt
  signet verify --key release.pub oci:./image:1.0 --signed-reference registry.example.com/app:1.0 --tag-bound`;

/** One reference's outcome: a report, or why there is none. */
type Outcome = { readonly text: string; readonly report: Report } | { readonly text: string; readonly error: unknown };

async function verifyAll(args: readonly string[], flags: VerifyFlags, io: Io): Promise<ExitCode> {
  const output = outputOptions(flags, io);
  if (flags.signedReference !== undefined && flags.tagBound !== true)
    throw new CliError('USAGE', '--signed-reference is compared only under --tag-bound, which is missing');
  const references = readReferences(args, io);
  const rule = ruleForKeys({
    keys: await readTrustedKeys(flags, io),
    tagBound: flags.tagBound === true,
    annotations: parseAnnotationFlags(flags.annotation),
  });
  const connection = await connect(flags, io, output, { references: args });
  try {
    const habit = createHabit();
    return await forEachReference<Outcome>(references, {
      io,
      verbose: output.verbose,
      concurrency: flags.concurrency ?? DEFAULT_CONCURRENCY,
      work: (text) => outcomeOf(text, { rule, habit, flags, connection, io }),
      show(outcome) {
        show(outcome, io, output);
        return codeFor(outcome, flags.strict === true);
      },
    });
  } finally {
    await connection.close();
  }
}

interface Task {
  readonly rule: Rule;
  readonly habit: Habit;
  readonly flags: VerifyFlags;
  readonly connection: Connection;
  readonly io: Io;
}

async function outcomeOf(text: string, task: Task): Promise<Outcome> {
  const { flags, io } = task;
  try {
    const reference = parseReference(text);
    const report = await verify(reference, {
      rule: task.rule,
      habit: task.habit,
      source: await task.connection.open(reference),
      atMs: Date.now(),
      signal: io.signal,
      limits: {
        ...(flags.timeout === undefined ? {} : { totalMs: flags.timeout }),
        ...(flags.maxSignatures === undefined ? {} : { maxSignatures: flags.maxSignatures }),
      },
      ...(flags.platform === undefined ? {} : { platform: flags.platform }),
      ...(flags.signedReference === undefined ? {} : { signedReference: flags.signedReference }),
    });
    return { text, report };
  } catch (error) {
    return { text, error };
  }
}

function show(outcome: Outcome, io: Io, output: OutputOptions): void {
  if ('error' in outcome)
    io.stderr.write(renderError(outcome.error, { verbose: output.verbose, subject: outcome.text }));
  else if (output.json) writeJson(io, toReportJson(outcome.report));
  else io.stdout.write(`${renderReport(outcome.report, { color: output.color, verbose: output.verbose })}\n`);
}

function codeFor(outcome: Outcome, strict: boolean): ExitCode {
  if ('error' in outcome) return exitCodeForError(outcome.error);
  const { allowed, verdict } = outcome.report;
  return allowed && !strict ? EXIT.ok : exitCodeOf[verdict];
}
