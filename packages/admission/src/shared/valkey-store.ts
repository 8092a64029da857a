import { setTimeout as sleep } from 'node:timers/promises';
import { Redis, type RedisOptions } from 'iovalkey';
import type { SharedStore } from './shared-store.ts';

/** Where a Valkey or Redis server listens. */
export type ValkeyAddress = { readonly database: number } & (
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number; readonly usesTls: boolean }
  | { readonly kind: 'socket'; readonly path: string }
);

/** How it is connected to. */
export interface ValkeyOptions {
  readonly address: ValkeyAddress;
  readonly user?: string;
  readonly password?: string;
  /** PEM certificates to trust with TLS, in place of the system's. */
  readonly ca?: string;
  /** Milliseconds. So long is an answer waited for, and no longer. Default 20. */
  readonly answerMs?: number;
  /** Told of what goes wrong with a connection; the text may be from the server. */
  readonly onError?: (error: Error) => void;
}

/** A server that does not answer for so long is connected to anew. Milliseconds. */
const socketMs = 2000;
const connectMs = 2000;
/** The start waits so long for the first connection, so that the first reviews find it. */
const firstConnectMs = 500;
const longestReconnectMs = 2000;
/** A connection that only listens is asked so often whether it is still one. */
const pingMs = 5000;

/**
 * A store in Valkey or Redis (6 or later) over two connections, one that asks and one that listens; both are made anew by themselves. Never
 * more than asked for is read of an entry (GETRANGE).
 */
export async function connectValkey(options: ValkeyOptions): Promise<SharedStore> {
  const { answerMs = 20, onError = () => {} } = options;
  const asking = new Redis(clientOptions(options));
  const listening = new Redis(clientOptions(options));
  const clients = [asking, listening];
  for (const client of clients) client.on('error', onError);
  await Promise.race([Promise.all(clients.map(connected)), sleep(firstConnectMs)]);
  const pinging = setInterval(() => void listening.ping().catch(() => {}), pingMs);
  pinging.unref();
  return {
    async read(names, maxBytes) {
      const entries = await inTime(
        answerMs,
        Promise.all(names.map((name) => asking.getrangeBuffer(name, 0, maxBytes))),
      );
      return entries.map((entry) => (entry.length === 0 ? undefined : entry));
    },
    async write(name, bytes, forMs) {
      await inTime(answerMs, asking.set(name, Buffer.from(bytes), 'PX', forMs));
    },
    async tell(channel, message) {
      await inTime(answerMs, asking.publish(channel, Buffer.from(message)));
    },
    async listen(channel, onMessage, onGap) {
      listening.on('messageBuffer', (_channel: Buffer, message: Buffer) => onMessage(message));
      // The library subscribes again by itself only to what it was subscribed to: the first time may have failed.
      const subscribe = (): void => void listening.subscribe(channel).then(onGap, () => {});
      listening.on('ready', subscribe);
      if (listening.status === 'ready') subscribe();
    },
    async close() {
      clearInterval(pinging);
      for (const client of clients) client.disconnect();
    },
  };
}

function clientOptions({ address, user, password, ca }: ValkeyOptions): RedisOptions {
  return {
    ...(address.kind === 'socket'
      ? { path: address.path }
      : { host: address.host, port: address.port, ...(address.usesTls ? { tls: tlsOptions(address.host, ca) } : {}) }),
    db: address.database,
    ...(user === undefined ? {} : { username: user }),
    ...(password === undefined ? {} : { password }),
    connectionName: 'signet',
    connectTimeout: connectMs,
    socketTimeout: socketMs,
    // What cannot be sent now fails now, and what was sent and not answered is not sent again.
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    maxRetriesPerRequest: 0,
    enableReadyCheck: true,
    retryStrategy: (times) => Math.min(longestReconnectMs, 50 * 2 ** Math.min(times, 6)),
  };
}

function tlsOptions(host: string, ca: string | undefined): NonNullable<RedisOptions['tls']> {
  return { servername: host, minVersion: 'TLSv1.2', ...(ca === undefined ? {} : { ca }) };
}

async function connected(client: Redis): Promise<void> {
  await new Promise<void>((resolve) => client.once('ready', resolve));
}

/** @throws {DOMException} TimeoutError; and what the work throws */
function inTime<T>(ms: number, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = (): void => reject(new DOMException('no answer in time', 'TimeoutError'));
    // What has arrived, and was only not read because this process was busy, is read before.
    const timer = setTimeout(() => setImmediate(late), ms);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
