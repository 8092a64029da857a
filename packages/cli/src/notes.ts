import type { Command } from 'commander';

const notes = new WeakMap<Command, string>();

/** Puts examples and remarks below the help of a command; the reference page shows them too. */
export function addNotes(command: Command, text: string): Command {
  notes.set(command, text.trim());
  return command.addHelpText('after', `\n${text.trim()}`);
}

/** What {@link addNotes} was given. */
export function notesFor(command: Command): string | undefined {
  return notes.get(command);
}
