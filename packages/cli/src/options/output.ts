import { toJsonText } from '@signet/verifier';
import { type Command, Option } from 'commander';
import { type Io, useColor } from '../io.ts';

/** Forms of results. All commands have the first two. */
export type OutputForm = 'text' | 'json' | 'sarif' | 'junit' | 'github' | 'azure';

/** What {@link addOutputOptions} produces. */
export interface OutputFlags {
  readonly output: OutputForm;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly color: boolean;
}

/** How results are shown, after the environment had its say. */
export interface OutputOptions {
  readonly form: OutputForm;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly color: boolean;
}

/** `--output`, `--quiet`, `--verbose`, `--no-color`. `more`: the forms beside text and JSON. */
export function addOutputOptions(command: Command, more: readonly OutputForm[] = []): Command {
  const forms = ['text', 'json', ...more];
  return command
    .optionsGroup('Output:')
    .addOption(new Option('-o, --output <form>', 'form of the results').choices(forms).default('text'))
    .option('-q, --quiet', 'results only: no progress, no remarks')
    .option('-v, --verbose', 'requests and progress, and the causes of errors')
    .option('--no-color', 'no colours (also: NO_COLOR)');
}

/** The flags as a command uses them. */
export function outputOptions(flags: OutputFlags, io: Io): OutputOptions {
  return {
    form: flags.output,
    json: flags.output === 'json',
    quiet: flags.quiet === true,
    verbose: flags.verbose === true,
    color: useColor(io, flags.color),
  };
}

/** One JSON document in one line, with nothing in it that could deceive a terminal. */
export function writeJson(io: Io, value: unknown): void {
  io.stdout.write(`${toJsonText(value, 0)}\n`);
}
