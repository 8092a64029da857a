import { Argument, type Command } from 'commander';
import { type Context, onRun } from '../command.ts';
import { bashCompletion } from '../completion/bash.ts';
import { fishCompletion } from '../completion/fish.ts';
import { type CommandNode, toCommandNode } from '../completion/tree.ts';
import { zshCompletion } from '../completion/zsh.ts';
import { EXIT } from '../exit-codes.ts';
import { addNotes } from '../notes.ts';

const scripts: Readonly<Record<string, (root: CommandNode) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

/** `signet completion bash|zsh|fish` */
export function define(command: Command, context: Context): void {
  command.addArgument(new Argument('<shell>', 'the shell').choices(Object.keys(scripts)));
  addNotes(command, 'Examples:\n  source <(signet completion bash)\n  signet completion fish | source');
  onRun<object>(command, context, async ([shell = ''], _flags, io) => {
    const program = await context.wholeProgram();
    io.stdout.write(scripts[shell]?.(toCommandNode(program)) ?? '');
    return EXIT.ok;
  });
}
