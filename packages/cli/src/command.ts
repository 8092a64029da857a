import type { Command } from 'commander';
import type { ExitCode } from './exit-codes.ts';
import type { Io } from './io.ts';

/** What a command module is handed: the world, and where its exit code goes. */
export interface Context {
  readonly io: Io;
  exitCode: ExitCode;
  /** Set as soon as the flags are known: errors then show their causes. */
  verbose: boolean;
  /** The whole program again, in this process: the demo runs the very commands that it shows. */
  readonly run: (argv: readonly string[], io: Io) => Promise<number>;
  /** The whole command tree, for completion. */
  readonly wholeProgram: () => Promise<Command>;
}

/** One command: its arguments and options, registered only when it is the chosen one (or for help, completion and docs). */
export interface CommandModule {
  readonly define: (command: Command, context: Context) => void;
}

/**
 * Lets the command run `run` with its positional arguments and its flags, and end with the code it gives. `F` is the shape that the
 * options registered on `command` produce.
 */
export function onRun<F extends object>(
  command: Command,
  context: Context,
  run: (args: readonly string[], flags: F, io: Io) => Promise<ExitCode>,
): void {
  command.action(async () => {
    const flags = command.opts<F & { verbose?: boolean }>();
    context.verbose = flags.verbose === true;
    context.exitCode = await run(command.args, flags, context.io);
  });
}
