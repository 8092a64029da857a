import { AdmissionError } from '../../errors.ts';
import { askSocket, type SocketAnswer } from '../ask-socket.ts';
import { type DaemonInfo, parseDaemonInfo } from './docker-corners.ts';

const timeoutMs = 3000;
const maxBytes = 1024 * 1024;

/** Whether a resident server answers on a unix socket. */
export async function serverAnswers(socket: string): Promise<boolean> {
  return (await ask(socket, '/healthz'))?.status === 200;
}

/** Whether an authorization plugin of Docker answers on a unix socket. */
export async function pluginAnswers(socket: string): Promise<boolean> {
  return JSON.stringify((await ask(socket, '/Plugin.Activate', '{}'))?.json) === '{"Implements":["authz"]}';
}

/** What the Docker daemon says of itself; undefined where it is not reached. */
export async function askDaemonInfo(socket: string): Promise<DaemonInfo | undefined> {
  const answer = await ask(socket, '/info');
  return answer?.status === 200 ? parseDaemonInfo(answer.json) : undefined;
}

async function ask(socket: string, path: string, body?: string): Promise<SocketAnswer | undefined> {
  const failed = (why: string, cause?: unknown): AdmissionError => new AdmissionError('DAEMON_FAILED', why, { cause });
  try {
    return await askSocket({ socket, path, timeoutMs, maxBytes, failed, ...(body === undefined ? {} : { body }) });
  } catch (error) {
    if (error instanceof AdmissionError) return undefined;
    throw error;
  }
}
