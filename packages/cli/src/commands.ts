import type { CommandModule } from './command.ts';

/** A line of the table of commands: enough for the overview; the rest is loaded when the command is chosen. */
export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<CommandModule>;
}

/** All commands in the order of the help. */
export const commands: readonly CommandEntry[] = [
  entry('verify-blob', 'verify the signature of a file', () => import('./commands/verify-blob.ts')),
  entry('key', 'generate, show and convert keys', () => import('./commands/key.ts')),
  entry('registry', 'run the embedded development registry', () => import('./commands/registry.ts')),
  entry('completion', 'print a completion script for a shell', () => import('./commands/completion.ts')),
  entry('version', 'print the version', () => import('./commands/version.ts')),
];

function entry(name: string, summary: string, load: () => Promise<CommandModule>): CommandEntry {
  return { name, summary, load };
}
