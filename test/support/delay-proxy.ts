import { connect, createServer, type Server, type Socket } from 'node:net';
import { HarnessError } from './harness-error.ts';

/** A proxy in front of a server: clients talk to `host` (`127.0.0.1:PORT`) instead. */
export interface DelayProxy {
  readonly host: string;
  /** Connections that clients opened so far. */
  connections(): number;
  stop(): Promise<void>;
}

/**
 * Starts a TCP proxy on loopback that holds every byte back for half of `roundTripMs` in each direction, in order and without limiting the rate.
 * Accepting a connection is not delayed: what a client's connect costs is left out for every client alike.
 */
export async function startDelayProxy(upstream: string, roundTripMs: number): Promise<DelayProxy> {
  const target = splitHost(upstream);
  const open = new Set<Socket>();
  let connections = 0;
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    connections += 1;
    const behind = connect({ ...target, allowHalfOpen: true, noDelay: true });
    for (const socket of [client, behind]) {
      open.add(socket);
      socket.on('close', () => open.delete(socket));
    }
    pipeLate(client, behind, roundTripMs / 2);
    pipeLate(behind, client, roundTripMs / 2);
  });
  const port = await listenOnLoopback(server);
  const stop = async (): Promise<void> => {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of open) socket.destroy();
    await closed;
  };
  return { host: `127.0.0.1:${port}`, connections: () => connections, stop };
}

/** Listens on a free loopback port and gives it. */
export function listenOnLoopback(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      if (typeof address === 'object' && address !== null) resolve(address.port);
      else reject(new HarnessError('the proxy has no port'));
    });
  });
}

/** `HOST:PORT` in two. @throws {HarnessError} when there is no port. */
export function splitHost(upstream: string): { readonly host: string; readonly port: number } {
  const match = /^(.+):(\d+)$/.exec(upstream);
  if (match === null) throw new HarnessError(`${upstream}: not HOST:PORT`);
  return { host: match[1] ?? '', port: Number(match[2]) };
}

interface Late {
  readonly dueMs: number;
  readonly act: () => void;
}

/** Everything that happens on `from` (bytes, end, break) happens on `to` `delayMs` later, one after another. */
function pipeLate(from: Socket, to: Socket, delayMs: number): void {
  const waiting: Late[] = [];
  const drain = (): void => {
    const now = performance.now();
    // A timer may fire up to a millisecond early by this clock: what is due within that is due.
    while (waiting[0] !== undefined && waiting[0].dueMs <= now + 1) waiting.shift()?.act();
    if (waiting[0] !== undefined) setTimeout(drain, waiting[0].dueMs - now);
  };
  const later = (act: () => void): void => {
    if (delayMs <= 0) {
      act();
      return;
    }
    waiting.push({ dueMs: performance.now() + delayMs, act });
    if (waiting.length === 1) setTimeout(drain, delayMs);
  };
  from.on('data', (chunk) => later(() => void (to.destroyed || to.write(chunk))));
  from.on('end', () => later(() => void (to.destroyed || to.end())));
  // 'close' follows an error and says so: the break goes on as a break, not as an end.
  from.on('error', () => {});
  from.on('close', (broken) => later(() => void (broken && to.resetAndDestroy())));
}
