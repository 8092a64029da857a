import { constants } from 'node:fs';
import { access, readdir, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import {
  AdmissionError,
  type ContainerdFacts,
  containerdFindings,
  finderFor,
  type GateFinding,
  readContainerdConfig,
  serverAnswers,
  type VerifierFile,
} from '@signet/admission';
import { CliError } from '../../errors.ts';
import type { Io } from '../../io.ts';
import { checkPolicy } from '../../policy/load.ts';
import { checkedSocket } from '../checked-socket.ts';
import { type GateCall, readGateScript } from '../gate-script.ts';
import { engineFiles } from './engine-files.ts';
import { argument, findRunning, versionOf } from './running.ts';
import { writableByOthers } from './writable.ts';

const defaultConfig = '/etc/containerd/config.toml';
/** A script; a program that is larger is no script of ours. */
const maxScriptBytes = 64 * 1024;

/** What is found about containerd and its gate. `config`: its main file, where it is not the one that runs. */
export async function examineContainerd(io: Io, config?: string): Promise<readonly GateFinding[]> {
  const found = await findRunning('containerd');
  const itsPath = argument(found?.args ?? [], '--config', '-c') ?? defaultConfig;
  const path = config ?? itsPath;
  const running = resolve(path) === resolve(itsPath) ? found : undefined;
  try {
    const read = await readContainerdConfig(path, engineFiles);
    const facts = {
      config: read,
      running,
      version: await versionOf(running === undefined ? 'containerd' : `/proc/${running.pid}/exe`),
    };
    return containerdFindings(await withGate(facts, io));
  } catch (error) {
    if (!(error instanceof AdmissionError || error instanceof CliError)) throw error;
    return [finderFor('containerd')('problem', 'CONFIG_UNREADABLE', error.message)];
  }
}

interface Read {
  readonly config: ContainerdFacts['config'];
  readonly running: Awaited<ReturnType<typeof findRunning>>;
  readonly version: string | undefined;
}

async function withGate({ config, running, version }: Read, io: Io): Promise<ContainerdFacts> {
  const verifiers = await listVerifiers(config.binDir);
  const gate = verifiers?.find(({ call }) => call !== undefined);
  const call = gate?.call ?? {};
  const paths = [
    config.binDir,
    ...config.files,
    ...(gate === undefined ? [] : [join(config.binDir, gate.name)]),
    ...(call.policy === undefined ? [] : [call.policy]),
  ];
  const changedAtMs = await newestOf(config.files);
  return {
    config,
    ...(version === undefined ? {} : { version }),
    ...(running?.startedAtMs === undefined ? {} : { startedAtMs: running.startedAtMs }),
    ...(changedAtMs === undefined ? {} : { changedAtMs }),
    ...(verifiers === undefined ? {} : { verifiers }),
    writable: writableByOthers(paths),
    gateProblems: gate === undefined ? [] : await problemsOf(call, io),
    gateTimeoutMs: call.timeoutMs ?? 8000,
  };
}

async function listVerifiers(
  folder: string,
): Promise<readonly (VerifierFile & { readonly call: GateCall | undefined })[] | undefined> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw new CliError('FILE_UNREADABLE', `cannot look into ${folder}: ${error.code}`, { cause: error });
  });
  if (names === undefined) return undefined;
  return await Promise.all(
    names.sort().map(async (name) => {
      const path = join(folder, name);
      const isExecutable = await access(path, constants.X_OK).then(
        () => true,
        () => false,
      );
      const facts = await stat(path).catch(() => undefined);
      const isScript = facts?.isFile() === true && facts.size <= maxScriptBytes;
      const call = isScript ? readGateScript(await readFile(path, 'utf8').catch(() => '')) : undefined;
      return { name, isExecutable: isExecutable && facts?.isFile() === true, isGate: call !== undefined, call };
    }),
  );
}

/** What keeps the gate from letting anything pass. */
async function problemsOf({ policy, server }: GateCall, io: Io): Promise<readonly string[]> {
  if (policy !== undefined) {
    const { policy: good, problems } = await checkPolicy(policy, {}, io);
    return good === undefined ? [`the policy of the gate is broken: ${problems[0]?.message ?? policy}`] : [];
  }
  if (server === undefined) return ['the gate has neither a policy nor a server'];
  try {
    return (await serverAnswers(checkedSocket(server)))
      ? []
      : [`the gate has no policy, and no server answers at ${server}`];
  } catch (error) {
    if (error instanceof CliError) return [error.message];
    throw error;
  }
}

async function newestOf(files: readonly string[]): Promise<number | undefined> {
  const times = await Promise.all(files.map(async (file) => (await stat(file).catch(() => undefined))?.mtimeMs));
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}
