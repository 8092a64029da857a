import { readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import {
  AdmissionError,
  askDaemonInfo,
  type DaemonConfig,
  type DockerFacts,
  dockerFindings,
  dockerPluginName,
  finderFor,
  type GateFinding,
  parseDaemonConfig,
  pluginAnswers,
} from '@signet/admission';
import { RegistryError } from '@signet/oci';
import { CliError } from '../../errors.ts';
import { engineFiles } from './engine-files.ts';
import { argument, findRunning } from './running.ts';
import { writableByOthers } from './writable.ts';

const defaultConfig = '/etc/docker/daemon.json';
/** Where the daemon looks for plugins, in this order. Rule: moby pkg/plugins/discovery.go */
const socketsFolder = '/run/docker/plugins';
const specFolders = ['/etc/docker/plugins', '/usr/lib/docker/plugins'];
const containerdSockets = ['/run/containerd/containerd.sock', '/run/docker/containerd/containerd.sock'];

/** What is found about the Docker daemon and its gate. `config`: its file, where it is not that of the one that runs. */
export async function examineDocker(config?: string): Promise<readonly GateFinding[]> {
  const found = await findRunning('dockerd');
  const itsPath = argument(found?.args ?? [], '--config-file') ?? defaultConfig;
  const configPath = config ?? itsPath;
  const isItsOwn = found !== undefined && resolve(configPath) === resolve(itsPath);
  try {
    return dockerFindings(await factsOf(configPath, isItsOwn ? found.args : undefined));
  } catch (error) {
    if (!(error instanceof AdmissionError || error instanceof RegistryError || error instanceof CliError)) throw error;
    return [finderFor('docker')('problem', 'CONFIG_UNREADABLE', `${configPath}: ${error.message}`)];
  }
}

/** `given`: the arguments of the daemon that uses this file; undefined where none runs. */
async function factsOf(configPath: string, given: readonly string[] | undefined): Promise<DockerFacts> {
  const args = given ?? [];
  const config = parseDaemonConfig(configPath, await engineFiles.read(configPath));
  const info = given === undefined ? undefined : await askDaemonInfo(daemonSocket(config, args));
  const { spec, specPath, shadow } = await findPlugin();
  const address = (shadow ?? spec)?.replace(/^unix:\/\//, '');
  const containerd = argument(args, '--containerd');
  return {
    configPath,
    config,
    args,
    ...(info === undefined ? {} : { info }),
    ...(spec === undefined ? {} : { spec }),
    ...(shadow === undefined ? {} : { shadow }),
    doesAnswer: address !== undefined && (await pluginAnswers(address)),
    writable: writableByOthers([configPath, specPath, address].filter((path) => path !== undefined)),
    otherSockets: await existing([...containerdSockets, ...(containerd === undefined ? [] : [containerd])]),
  };
}

function daemonSocket({ hosts }: DaemonConfig, args: readonly string[]): string {
  const socket = [argument(args, '--host', '-H'), ...hosts].find((host) => host?.startsWith('unix://') === true);
  return socket?.slice('unix://'.length) ?? '/var/run/docker.sock';
}

async function findPlugin(): Promise<{ readonly spec?: string; readonly specPath?: string; readonly shadow?: string }> {
  const named = (folder: string, extension: string) =>
    [`${dockerPluginName}${extension}`, join(dockerPluginName, `${dockerPluginName}${extension}`)].map((name) =>
      join(folder, name),
    );
  const [socket] = await existing(named(socketsFolder, '.sock'));
  const shadow = socket === undefined ? {} : { shadow: `unix://${socket.path}` };
  for (const specPath of specFolders.flatMap((folder) => named(folder, '.spec'))) {
    const text = await readFile(specPath, 'utf8').catch(() => undefined);
    if (text !== undefined) return { ...shadow, spec: text.trim().slice(0, 200), specPath };
  }
  return shadow;
}

/** Those that are sockets, and whether others than root may connect: that takes the right to write. */
async function existing(
  paths: readonly string[],
): Promise<readonly { readonly path: string; readonly isShared: boolean }[]> {
  const found = await Promise.all(
    [...new Set(paths)].map(async (path) => {
      const facts = await stat(path).catch(() => undefined);
      if (facts?.isSocket() !== true) return [];
      const isShared = facts.uid !== 0 || (facts.mode & 0o002) !== 0 || (facts.gid !== 0 && (facts.mode & 0o020) !== 0);
      return [{ path, isShared }];
    }),
  );
  return found.flat();
}
