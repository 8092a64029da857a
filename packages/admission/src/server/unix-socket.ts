import { chmod, lstat, rename, rm, stat } from 'node:fs/promises';
import { connect, type Server } from 'node:net';
import { dirname, join } from 'node:path';
import { makeFolders } from '@signet/oci';
import { AdmissionError } from '../errors.ts';

/** Rule: unix(7), sun_path without its end, on the system where it is shortest. */
const maxPathBytes = 103;

/**
 * Lets a server listen on a unix socket that this user alone may use; one that a server before left behind is replaced. Gives what takes
 * the socket away at the end. @throws {AdmissionError} SOCKET_IN_USE, SERVER_INVALID; what node throws for a path that is not to be had
 */
export async function listenOnSocket(server: Server, path: string): Promise<() => Promise<void>> {
  if (Buffer.byteLength(path) > maxPathBytes)
    throw new AdmissionError(
      'SERVER_INVALID',
      `no client can reach a socket whose path is longer than ${maxPathBytes} bytes: ${path}`,
    );
  await makeFolders(dirname(path));
  await refuseTaken(path);
  // Under another name until nobody else may use it; its name is short, as that of a socket must be.
  const beside = join(dirname(path), `.${process.pid}`);
  await rm(beside, { force: true });
  await new Promise<void>((listening, failed) => server.once('error', failed).listen(beside, listening));
  try {
    await chmod(beside, 0o600);
    const { ino } = await stat(beside);
    await rename(beside, path);
    return () => takeAway(path, ino);
  } catch (error) {
    server.close();
    throw error;
  }
}

/** A socket where somebody answers, and whatever is no socket, stays. */
async function refuseTaken(path: string): Promise<void> {
  const facts = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (facts === undefined) return;
  if (!facts.isSocket()) throw new AdmissionError('SOCKET_IN_USE', `${path} is there, and is no socket`);
  if (await answers(path)) throw new AdmissionError('SOCKET_IN_USE', `another server listens at ${path}`);
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = connect(path, () => {
      connection.destroy();
      resolve(true);
    });
    // A queue that is full is somebody's, too.
    connection.on('error', (error: NodeJS.ErrnoException) =>
      resolve(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT'),
    );
  });
}

/** Another server may have taken the name since: its socket stays. */
async function takeAway(path: string, ino: number): Promise<void> {
  const facts = await lstat(path).catch(() => undefined);
  if (facts?.ino === ino) await rm(path, { force: true });
}
