import { decodeUtf8, RegistryError } from '@signet/oci';
import {
  type Conversion,
  convertPolicy,
  type ImportFormat,
  importFormats,
  type Loss,
  lossText,
} from '@signet/policy-import';
import { escapeForTerminal, PolicyError } from '@signet/verifier';
import { type Command, Option } from 'commander';
import { type Context, onRun } from '../command.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { readInput, writeOutputFile } from '../files.ts';
import type { Io } from '../io.ts';
import { addNotes } from '../notes.ts';
import { addOutputOptions, type OutputFlags, outputOptions, writeJson } from '../options/output.ts';

interface ConvertFlags extends OutputFlags {
  readonly from: ImportFormat;
  readonly out?: string;
  readonly force?: boolean;
  readonly allowWithoutLog?: boolean;
}

/** As large as a policy may be; the importers refuse what is larger with its place. */
const maxBytes = 4 * 1024 * 1024;

/** `signet policy convert` */
export function defineConvert(command: Command, context: Context): void {
  command
    .description(
      "Writes another tool's trust policy as Signet's. What has no equal is named on standard error and as a comment, and the rule is stricter for it, never laxer.",
    )
    .argument('<file...>', 'files of the policy (- for standard input)')
    .addOption(new Option('--from <format>', 'whose policy it is').choices(importFormats).makeOptionMandatory())
    .option('--out <file>', 'where to (default: standard output, -)')
    .option('--force', 'overwrite a file that is there')
    .option('--allow-without-log', 'leave out the transparency log entry that a rule by key asks for (laxer)');
  addNotes(
    command,
    'Exit code 0 also where something was lost: read what is named. docs/convert.md says how each tool is read.\n\nExamples:\n  signet policy convert --from podman /etc/containers/policy.json --out policy.yaml\n  signet policy convert --from kyverno policies.yaml',
  );
  addOutputOptions(command);
  onRun<ConvertFlags>(command, context, convert);
}

async function convert(paths: readonly string[], flags: ConvertFlags, io: Io): Promise<ExitCode> {
  const inputs = [];
  for (const path of paths) {
    inputs.push({ file: path, text: textOf(await readInput(path, io, maxBytes), path) });
  }
  const made = convertPolicy(flags.from, inputs, { allowWithoutLog: flags.allowWithoutLog === true });
  const out = flags.out === '-' ? undefined : flags.out;
  if (out !== undefined) await writeOutputFile(out, Buffer.from(made.policy), { force: flags.force === true });
  const { json } = outputOptions(flags, io);
  if (json) writeJson(io, toJson(made, out));
  else io.stdout.write(out === undefined ? made.policy : `${escapeForTerminal(out)}\n`);
  // Said even with --quiet: what was lost is a result.
  if (!json) for (const line of lossLines(made.losses)) io.stderr.write(`${escapeForTerminal(line)}\n`);
  return EXIT.ok;
}

/** @throws {PolicyError} POLICY_INVALID where it is none */
function textOf(bytes: Uint8Array, file: string): string {
  try {
    return decodeUtf8(bytes);
  } catch (cause) {
    if (!(cause instanceof RegistryError)) throw cause;
    throw new PolicyError('POLICY_INVALID', 'the file is not UTF-8 text', {
      place: { file, line: 1, column: 1 },
      cause,
    });
  }
}

/** A line for each loss, then what it comes to, and what would help against it. */
function lossLines(losses: readonly Loss[]): readonly string[] {
  if (losses.length === 0) return [];
  const lines = losses.map(
    (loss) => `lost: ${loss.place.file}:${loss.place.line}:${loss.place.column}: ${lossText(loss)}`,
  );
  const counts = Object.entries(effects).flatMap(([effect, text]) => {
    const count = losses.filter((loss) => loss.effect === effect).length;
    return count === 0 ? [] : [`${count} ${text}`];
  });
  const remedies = new Set(losses.flatMap(({ remedy }) => remedy ?? []));
  return [...lines, `${losses.length} lost: ${counts.join(', ')}`, ...[...remedies].map((remedy) => `hint: ${remedy}`)];
}

/** The worst first. */
const effects: Readonly<Record<Loss['effect'], string>> = {
  laxer: 'laxer',
  denied: 'denied (no signature satisfies what stood there)',
  stricter: 'stricter',
  unchanged: 'unchanged',
};

function toJson({ policy, losses }: Conversion, out: string | undefined): object {
  return { ...(out === undefined ? { policy } : { written: out }), losses };
}
