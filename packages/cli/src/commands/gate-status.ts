import { Argument, type Command } from 'commander';
import { type Context, onRun } from '../command.ts';
import type { StatusFlags } from '../gate/status/status.ts';
import { addNotes } from '../notes.ts';
import { addOutputOptions } from '../options/output.ts';

/** `signet gate status` */
export function defineStatus(command: Command, context: Context): void {
  command
    .description(
      'Says whether the gates of this machine work, and every way past them that the configuration of the engines leaves open.',
    )
    .addArgument(new Argument('[engine]', 'the engine (default: all that are here)').choices(['containerd', 'docker']))
    .option('--config <file>', "the engine's configuration (default: that of the one that runs, else the usual one)");
  addNotes(
    command,
    'Exit codes: 0 nothing is open; 1 a way past a gate is open, or a gate cannot work; 2 usage.\n\nRun it as root: what it may not look at it cannot judge. docs/gates.md explains what it finds.',
  );
  addOutputOptions(command);
  onRun<StatusFlags>(command, context, async ([engine], flags, io) => {
    const { gateStatus } = await import('../gate/status/status.ts');
    return await gateStatus(engine, flags, io);
  });
}
