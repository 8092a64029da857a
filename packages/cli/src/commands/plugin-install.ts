import { escapeForTerminal } from '@signet/verifier';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type Context, onRun } from '../command.ts';
import { CliError } from '../errors.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { notationFolder } from '../notary/config-folder.ts';
import { addNotes } from '../notes.ts';
import { addOutputOptions, type OutputFlags, outputOptions, writeJson } from '../options/output.ts';
import type { InstalledPlugin, PluginSource } from '../plugin/install-plugin.ts';

interface InstallFlags extends OutputFlags {
  readonly file?: string;
  readonly url?: string;
  readonly sha256?: string;
  readonly caFile?: string;
  readonly force?: boolean;
}

/** `signet plugin install` */
export function defineInstall(command: Command, context: Context): void {
  command
    .description(
      "Puts a plugin into notation's folder, for notation and Signet alike. It is run once to say who it is, before it is put in place.",
    )
    .option('--file <path>', 'program notation-NAME, .tar.gz or .zip with one, or a folder')
    .option('--url <address>', 'https address of such a file (with --sha256)')
    .addOption(new Option('--sha256 <hex>', 'SHA-256 that the file has to have').argParser(parseSha256))
    .option('--ca-file <file>', 'PEM certificates that the server is trusted by, in place of those of the system')
    .option('--force', 'also where the same or a newer version is there');
  addNotes(command, help);
  addOutputOptions(command);
  onRun<InstallFlags>(command, context, (_args, flags, io) => install(flags, io));
}

const help = `
Of an archive the files at its top are taken. One with links, with names that lead elsewhere, or of more than 256 MiB is refused.

Examples:
  signet plugin install --file ./notation-acme
  signet plugin install --url https://example.com/notation-acme.tar.gz --sha256 …`;

async function install(flags: InstallFlags, io: Io): Promise<ExitCode> {
  const output = outputOptions(flags, io);
  const source = await sourceOf(flags);
  const { installPlugin } = await import('../plugin/install-plugin.ts');
  const notation = notationFolder(io.env);
  const installed = await installPlugin(source, { notation, force: flags.force === true, io });
  if (output.json) writeJson(io, toJson(installed));
  else io.stdout.write(`${escapeForTerminal(textOf(installed))}\n`);
  return EXIT.ok;
}

/** @throws {CliError} USAGE, FILE_UNREADABLE */
async function sourceOf({ file, url, sha256, caFile }: InstallFlags): Promise<PluginSource> {
  if ((file === undefined) === (url === undefined))
    throw new CliError(
      'USAGE',
      'where the plugin comes from was not said, or said twice: --file PATH or --url ADDRESS',
    );
  if (file !== undefined) {
    if (caFile !== undefined) throw new CliError('USAGE', '--ca-file is for --url');
    return { kind: 'file', path: file, ...(sha256 === undefined ? {} : { sha256 }) };
  }
  if (sha256 === undefined)
    throw new CliError('USAGE', '--url needs --sha256: what comes from there is run', {
      hint: 'whoever published the plugin tells the SHA-256 of the file',
    });
  const ca = caFile === undefined ? {} : { ca: await (await import('../tls-files.ts')).readCaFile(caFile) };
  return { kind: 'url', url: url ?? '', sha256, ...ca };
}

function parseSha256(text: string): string {
  if (!/^[0-9a-fA-F]{64}$/.test(text)) throw new InvalidArgumentError('a SHA-256 has 64 hexadecimal digits');
  return text.toLowerCase();
}

function toJson({ metadata, folder, replaced }: InstalledPlugin): unknown {
  return { ...metadata, folder, ...(replaced === undefined ? {} : { replaced }) };
}

function textOf({ metadata: { name, version }, folder, replaced }: InstalledPlugin): string {
  const before = replaced === undefined ? '' : `, in place of ${replaced}`;
  return `${name} ${version} is installed${before}: ${folder}`;
}
