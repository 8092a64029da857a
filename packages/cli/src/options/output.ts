import { toJsonText } from '@signet/verifier';
import { type Command, Option } from 'commander';
import { type Io, useColor } from '../io.ts';

/** What {@link addOutputOptions} produces. */
export interface OutputFlags {
  readonly output: 'text' | 'json';
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly color: boolean;
}

/** How results are shown, after the environment had its say. */
export interface OutputOptions {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly color: boolean;
}

/** `--output`, `--quiet`, `--verbose`, `--no-color`. */
export function addOutputOptions(command: Command): Command {
  return command
    .optionsGroup('Output:')
    .addOption(new Option('-o, --output <form>', 'form of the results').choices(['text', 'json']).default('text'))
    .option('-q, --quiet', 'results only: no progress, no remarks')
    .option('-v, --verbose', 'requests and progress, and the causes of errors')
    .option('--no-color', 'no colours (also: NO_COLOR)');
}

/** The flags as a command uses them. */
export function outputOptions(flags: OutputFlags, io: Io): OutputOptions {
  return {
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
