import { escapeForTerminal } from '@signet/verifier';
import type { Command } from 'commander';
import { type Context, onRun } from '../command.ts';
import { CliError } from '../errors.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { notationFolder } from '../notary/config-folder.ts';
import { addOutputOptions, type OutputFlags, outputOptions, writeJson } from '../options/output.ts';

interface UninstallFlags extends OutputFlags {
  readonly yes?: boolean;
}

/** `signet plugin uninstall` */
export function defineUninstall(command: Command, context: Context): void {
  command
    .description("Removes plugins from notation's folder, with all files in theirs: notation loses them too.")
    .argument('<name...>', 'names of plugins')
    .option('-y, --yes', 'do not ask');
  addOutputOptions(command);
  onRun<UninstallFlags>(command, context, uninstall);
}

async function uninstall(names: readonly string[], flags: UninstallFlags, io: Io): Promise<ExitCode> {
  const output = outputOptions(flags, io);
  const { installedFolder, uninstallPlugin } = await import('../plugin/uninstall-plugin.ts');
  const notation = notationFolder(io.env);
  const found = new Map<string, string>();
  // All are looked for before the first is removed.
  for (const name of names) found.set(name, await installedFolder(notation, name));
  if (flags.yes !== true && !(await isMeant([...found.values()], io))) {
    io.stderr.write('nothing was removed\n');
    return EXIT.ok;
  }
  for (const [name, folder] of found) {
    await uninstallPlugin(notation, folder);
    if (output.json) writeJson(io, { name, folder, removed: true });
    else io.stdout.write(`${escapeForTerminal(`${name} is removed`)}\n`);
  }
  return EXIT.ok;
}

/** @throws {CliError} USAGE where nobody can be asked; INTERRUPTED */
async function isMeant(folders: readonly string[], io: Io): Promise<boolean> {
  const { promptLine } = await import('../prompt.ts');
  const answer = await promptLine(`remove ${escapeForTerminal(folders.join(', '))}? [y/N] `, io);
  if (answer === undefined)
    throw new CliError('USAGE', 'whether plugins are to be removed cannot be asked here', { hint: 'say so: --yes' });
  return /^y(?:es)?$/i.test(answer.trim());
}
