import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Where a server listens: a port of this machine, or a unix socket. */
export type Place = { readonly port: number } | { readonly path: string };

/** What a connection was told until it was closed, or for long enough. */
export interface Heard {
  readonly text: string;
  readonly isClosed: boolean;
}

/** How a connection is used. */
export interface Talk {
  /** Sent as fast as it is taken. */
  readonly parts: Iterable<string | Uint8Array>;
  /** Milliseconds between two parts. */
  readonly everyMs?: number;
  /** The sending half is closed then, and the answer still read. */
  readonly half?: boolean;
  /** Enough when it has come. Default: when the connection is closed. */
  readonly until?: RegExp;
  /** Milliseconds after which what was heard is enough. Default 20,000. */
  readonly ms?: number;
}

/** Opens a connection, says all that, and listens. Never rejects: that it breaks is an answer, too. */
export async function talk(place: Place, { parts, half = false, everyMs, until, ms = 20_000 }: Talk): Promise<Heard> {
  const socket = connect({ ...place, noDelay: true });
  let text = '';
  let isClosed = false;
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.on('error', () => {});
  socket.on('close', () => {
    isClosed = true;
    resolve();
  });
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
    if (until?.test(text) === true) resolve();
  });
  const timer = setTimeout(resolve, ms);
  await say(socket, parts, everyMs);
  if (half) socket.end();
  await promise;
  clearTimeout(timer);
  socket.destroy();
  return { text, isClosed };
}

/** So many connections that send this and then nothing; gives what ends them. */
export async function hold(place: Place, count: number, text: string | Uint8Array): Promise<() => void> {
  const sockets = Array.from({ length: count }, () => connect({ ...place }).on('error', () => {}));
  await Promise.all(
    sockets.map((socket) => new Promise((opened) => socket.once('connect', opened).once('close', opened))),
  );
  for (const socket of sockets) socket.write(text);
  return () => {
    for (const socket of sockets) socket.destroy();
  };
}

async function say(socket: Socket, parts: Iterable<string | Uint8Array>, everyMs = 0): Promise<void> {
  for (const part of parts) {
    if (everyMs > 0) await sleep(everyMs);
    if (socket.destroyed) return;
    if (!socket.write(part)) await new Promise<void>((free) => void socket.once('drain', free).once('close', free));
  }
}

/** The statuses of all answers in what was heard. */
export function statusesIn({ text }: Heard): readonly number[] {
  return [...text.matchAll(/HTTP\/1\.[01] (\d{3}) /g)]
    .map(([, status]) => Number(status))
    .filter((status) => status !== 100);
}

/** A POST with this body. */
export function post(path: string, body: string | Uint8Array, headers: Readonly<Record<string, string>> = {}): Buffer {
  const all = {
    Host: 'x',
    'Content-Type': 'application/json',
    'Content-Length': String(Buffer.byteLength(body)),
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`POST ${path} HTTP/1.1\r\n${lines.join('')}\r\n`), Buffer.from(body)]);
}
