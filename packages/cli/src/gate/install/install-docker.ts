import { join, resolve } from 'node:path';
import { dockerPluginName, parseDaemonConfig } from '@signet/admission';
import { asObject, parseJson } from '@signet/oci';
import { CliError } from '../../errors.ts';
import { EXIT, type ExitCode } from '../../exit-codes.ts';
import type { Io } from '../../io.ts';
import { engineFiles } from '../status/engine-files.ts';
import { argument, findRunning } from '../status/running.ts';
import { carryOut, type InstallFlags, type PlannedFile } from './install.ts';

/** The flags of `signet gate install docker`. */
export interface DockerInstallFlags extends InstallFlags {
  readonly config?: string;
  readonly socket: string;
  readonly plugins: string;
}

/** Tells the Docker daemon of the plugin. @throws {CliError} USAGE, FILE_UNWRITABLE; {AdmissionError} ENGINE_CONFIG; {RegistryError} JSON_INVALID */
export async function installDocker(flags: DockerInstallFlags, io: Io): Promise<ExitCode> {
  const { args = [] } = (await findRunning('dockerd')) ?? {};
  if (argument(args, '--authorization-plugin') !== undefined)
    throw new CliError(
      'USAGE',
      'the daemon names its plugins in its arguments (--authorization-plugin), and does not start if its file does, too',
      {
        hint: `add --authorization-plugin=${dockerPluginName} there, or take it out first`,
      },
    );
  const path = flags.config ?? argument(args, '--config-file') ?? '/etc/docker/daemon.json';
  const spec = {
    path: join(flags.plugins, `${dockerPluginName}.spec`),
    content: `unix://${resolve(flags.socket)}\n`,
    mode: 0o644,
  };
  // The daemon must find the plugin that it is told of.
  const files = [spec, ...(await daemonFile(path))];
  const next = [
    `start the gate, before the daemon: signet gate docker --policy FILE --socket ${resolve(flags.socket)}`,
    'restart the Docker daemon',
    'signet gate status docker',
  ];
  await carryOut({ files, next }, flags, io);
  return EXIT.ok;
}

/** The daemon's file with the plugin in it; none where it is in it already. */
async function daemonFile(path: string): Promise<readonly PlannedFile[]> {
  const bytes = await engineFiles.read(path);
  const { plugins } = parseDaemonConfig(path, bytes);
  if (plugins.includes(dockerPluginName)) return [];
  const before = bytes === undefined ? {} : asObject(parseJson(bytes), path);
  const indent = /^[ \t]+(?=")/m.exec(Buffer.from(bytes ?? []).toString())?.[0] ?? 2;
  const after = { ...before, 'authorization-plugins': [...plugins, dockerPluginName] };
  return [{ path, content: `${JSON.stringify(after, undefined, indent)}\n`, mode: 0o644 }];
}
