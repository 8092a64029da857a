import { once } from 'node:events';
import { join } from 'node:path';
import type { ValkeyAddress } from '../../packages/admission/src/index.ts';
import { needPeer } from './peer-paths.ts';
import { type StartedProcess, startProcess } from './process.ts';
import { tempDir } from './temp.ts';

/** A valkey-server of a test's own, on a unix socket. */
export interface ValkeyServer {
  /** As `--valkey` takes it. */
  readonly url: string;
  readonly address: ValkeyAddress;
  /** It is there, but does nothing. */
  pause(): void;
  resume(): void;
  kill(): Promise<void>;
  /** At the same socket, with nothing in it. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts one; `args` are further ones of its own. @throws {HarnessError} when it is not installed or does not come up. */
export async function startValkey(...args: readonly string[]): Promise<ValkeyServer> {
  const socket = join(tempDir(), 'valkey.sock');
  const start = async (): Promise<StartedProcess> =>
    await startValkeyProcess('--port', '0', '--unixsocket', socket, ...args);
  let server = await start();
  const stop = async (): Promise<void> => {
    server.child.kill('SIGCONT');
    await server.stop();
  };
  return {
    url: `unix:${socket}`,
    address: { kind: 'socket', path: socket, database: 0 },
    pause: () => void server.child.kill('SIGSTOP'),
    resume: () => void server.child.kill('SIGCONT'),
    kill: stop,
    async restart() {
      await stop();
      server = await start();
    },
    stop,
  };
}

/** One that listens where its arguments say. */
export async function startValkeyProcess(...args: readonly string[]): Promise<StartedProcess> {
  const dir = tempDir();
  return await startProcess(
    needPeer('valkey-server'),
    ['--dir', dir, '--save', '', '--appendonly', 'no', '--daemonize', 'no', ...args],
    { ready: /Ready to accept connections/, cwd: dir },
  );
}

/** A port of this machine that was free just now. */
export async function freePort(): Promise<number> {
  const { createServer } = await import('node:net');
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}
