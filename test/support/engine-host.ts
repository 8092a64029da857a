import { describe } from 'vitest';
import { engineNames, isRoot, needPeer, peersDir } from './peer-paths.ts';
import { havePeers } from './peers.ts';
import {
  type RunOptions,
  type RunResult,
  run,
  type StartedProcess,
  type StartOptions,
  startProcess,
} from './process.ts';
import { tempDir } from './temp.ts';

/**
 * A machine for container engines within this one: /run is empty there, and what is written to /etc and /opt is gone afterwards. Processes,
 * network and all other files are those of this machine.
 */
export interface EngineHost {
  /** For data and sockets. The same path inside and outside. */
  readonly dir: string;
  run(command: string, args: readonly string[], options?: RunOptions): Promise<RunResult>;
  start(command: string, args: readonly string[], options: StartOptions): Promise<StartedProcess>;
  /** After whatever was started in it. */
  stop(): Promise<void>;
}

/** Tests with real container engines: counted as skipped for who is not root; as root a missing engine fails them under CI. */
export function describeWithEngines(title: string, body: () => void): void {
  describe.skipIf(!isRoot || !havePeers(engineNames))(title, body);
}

const setUp = `
set -e
mount -t tmpfs tmpfs /run
for folder in etc opt; do
  mkdir -p /run/.layers/$folder /run/.layers/$folder-work
  mount -t overlay overlay -o lowerdir=/$folder,upperdir=/run/.layers/$folder,workdir=/run/.layers/$folder-work /$folder
done
echo ready
exec sleep 100000
`;

/** Makes one. @throws {HarnessError} where an engine is missing, or mounts are not allowed */
export async function createEngineHost(): Promise<EngineHost> {
  for (const name of engineNames) needPeer(name);
  const dir = tempDir('signet-engine-');
  const args = ['--mount', '--propagation', 'private', 'sh', '-c', setUp];
  const holder = await startProcess('unshare', args, { ready: /^ready$/m });
  const inside = ['--target', String(holder.child.pid), '--mount', '--wd=/'];
  const path = `${peersDir}/bin:${process.env.PATH ?? ''}`;
  const within = <T extends RunOptions>(options: T): T => ({ ...options, env: { PATH: path, ...options.env } });
  return {
    dir,
    run: (command, rest, options = {}) => run('nsenter', [...inside, command, ...rest], within(options)),
    start: (command, rest, options) => startProcess('nsenter', [...inside, command, ...rest], within(options)),
    stop: () => holder.stop(),
  };
}
