import { escapeForTerminal } from '@signet/verifier';
import type { Command } from 'commander';
import { type Context, onRun } from '../command.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { notationFolder } from '../notary/config-folder.ts';
import { addNotes } from '../notes.ts';
import { addOutputOptions, type OutputFlags, outputOptions, writeJson } from '../options/output.ts';
import type { ListedPlugin } from '../plugin/list-plugins.ts';

/** `signet plugin list` */
export function defineList(command: Command, context: Context): void {
  command.description(
    "Shows the plugins in notation's folder. Each is run to say who it is; one that does not, or not by its contract, is shown with the reason.",
  );
  addNotes(command, 'JSON: one document a line for each plugin, with its metadata or an error.');
  addOutputOptions(command);
  onRun<OutputFlags>(command, context, (_args, flags, io) => list(flags, io));
}

async function list(flags: OutputFlags, io: Io): Promise<ExitCode> {
  const output = outputOptions(flags, io);
  const { listPlugins } = await import('../plugin/list-plugins.ts');
  let count = 0;
  for await (const plugin of listPlugins(notationFolder(io.env), io)) {
    count += 1;
    if (output.json) writeJson(io, toJson(plugin));
    else io.stdout.write(`${textOf(plugin)}\n`);
  }
  if (count === 0 && !output.json && !output.quiet) io.stderr.write('no plugin is installed\n');
  return EXIT.ok;
}

function toJson(plugin: ListedPlugin): unknown {
  if ('metadata' in plugin) return { path: plugin.path, ...plugin.metadata };
  const { code, message } = plugin.error;
  return { name: plugin.name, error: { code, message } };
}

function textOf(plugin: ListedPlugin): string {
  if ('error' in plugin)
    return escapeForTerminal(`${plugin.name}  cannot be used: [${plugin.error.code}] ${plugin.error.message}`);
  const { name, version, description, capabilities } = plugin.metadata;
  return escapeForTerminal(`${name} ${version}  ${description}  (${capabilities.join(', ')})`);
}
