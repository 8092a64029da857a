import { effectivePolicy, toJsonText } from '@signet/verifier';
import type { Command } from 'commander';
import { type Context, onRun } from '../command.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { addNotes } from '../notes.ts';
import { addOutputOptions, type OutputFlags, outputOptions } from '../options/output.ts';
import { toYaml } from '../policy/yaml-text.ts';

/** `signet policy show` */
export function defineShow(command: Command, context: Context): void {
  command
    .description(
      'Shows a policy as it works: included files joined, variables and defaults filled in, keys by their ids.',
    )
    .argument('<file>', 'the policy');
  addNotes(
    command,
    'It is written as YAML, or as JSON with --output json. Sources that nothing asks for are left out.',
  );
  addOutputOptions(command);
  onRun<OutputFlags>(command, context, ([file = ''], flags, io) => show(file, flags, io));
}

async function show(file: string, flags: OutputFlags, io: Io): Promise<ExitCode> {
  const { readPolicy } = await import('../policy/load.ts');
  const shown = effectivePolicy(await readPolicy(file, { allowExampleKeys: true }, io)); // shown, not trusted
  io.stdout.write(`${outputOptions(flags, io).json ? toJsonText(shown) : toYaml(JSON.parse(toJsonText(shown)))}\n`);
  return EXIT.ok;
}
