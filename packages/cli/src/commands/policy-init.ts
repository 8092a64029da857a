import { escapeForTerminal } from '@signet/verifier';
import { type Command, Option } from 'commander';
import { type Context, onRun } from '../command.ts';
import { CliError } from '../errors.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { refuseExisting, writeOutputFile } from '../files.ts';
import type { Io } from '../io.ts';
import { addNotes } from '../notes.ts';
import { collect } from '../options/duration.ts';
import { addTrustedKeyOptions } from '../options/keys.ts';
import { addOutputOptions, type OutputFlags, outputOptions, writeJson } from '../options/output.ts';
import { gatherAnswers, type InitFlags } from '../policy/answers.ts';
import { policyTemplate } from '../policy/template.ts';

interface Flags extends InitFlags, OutputFlags {
  readonly force?: boolean;
}

/** `signet policy init` */
export function defineInit(command: Command, context: Context): void {
  command
    .description('Writes a trust policy with comments. Images and keys that no flag names are asked for on a terminal.')
    .argument('[file]', 'the file to write (default: policy.yaml)')
    .option('--images <pattern>', 'images that are signed, such as registry.example.com/app/**; repeatable', collect)
    .addOption(
      new Option('--mode <mode>', 'what becomes of an image that is not verified')
        .choices(['enforce', 'warn', 'audit'])
        .default('enforce'),
    )
    .option('--no-tag-bound', 'signatures need not name the tag')
    .addOption(
      new Option('--default <what>', 'an image that no rule is for').choices(['deny', 'allow']).default('deny'),
    )
    .option('--force', 'overwrite a file that is there');
  addNotes(command, 'Example:\n  signet policy init --key release.pub --images "registry.example.com/app/**"');
  addTrustedKeyOptions(command);
  addOutputOptions(command);
  onRun<Flags>(command, context, ([file = 'policy.yaml'], flags, io) => init(file, flags, io));
}

async function init(file: string, flags: Flags, io: Io): Promise<ExitCode> {
  const force = flags.force === true;
  const output = outputOptions(flags, io);
  if (file === '-')
    throw new CliError('USAGE', 'a policy is a file, from which its keys are found: - (standard output) is none');
  await refuseExisting([file], force);
  const answers = await gatherAnswers(flags, io, file);
  await writeOutputFile(file, Buffer.from(policyTemplate(answers, file)), { mode: 0o644, force });
  if (output.json) writeJson(io, { file, ...answers });
  else io.stdout.write(`${escapeForTerminal(file)}\n`);
  return EXIT.ok;
}
