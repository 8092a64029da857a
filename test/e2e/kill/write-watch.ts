import { existsSync, type FSWatcher, readdirSync, statSync, watch } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { listenOnLoopback, splitHost } from '../../support/delay-proxy.ts';

/** Tells when something was first written since `begin`. */
export interface WriteWatch {
  /** Starts anew; the promise ends at the first write. */
  begin(): Promise<void>;
  /** Whether something was written since. */
  wrote(): boolean;
}

/** A TCP proxy before a plain-HTTP registry; requests that begin with POST, PUT, PATCH or DELETE are writes. */
export interface WatchedRegistry extends WriteWatch {
  readonly host: string;
  stop(): Promise<void>;
}

/** Bytes and breaks go through as they are: a client that is killed breaks its connection to the registry too. */
export async function watchRegistry(upstream: string): Promise<WatchedRegistry> {
  const target = splitHost(upstream);
  const open = new Set<Socket>();
  let wrote = false;
  let tell = (): void => {};
  const server = createServer({ noDelay: true }, (client) => {
    const behind = connect({ ...target, noDelay: true });
    for (const [socket, other] of [
      [client, behind],
      [behind, client],
    ] as const) {
      open.add(socket);
      socket.on('error', () => {}); // 'close' follows
      socket.on('close', () => {
        open.delete(socket);
        other.destroy();
      });
    }
    client.on('data', (piece) => {
      if (!/^(POST|PUT|PATCH|DELETE) /.test(piece.toString('latin1', 0, 8))) return;
      wrote = true;
      tell();
    });
    client.pipe(behind);
    behind.pipe(client);
  });
  const port = await listenOnLoopback(server);
  return {
    host: `127.0.0.1:${port}`,
    begin() {
      wrote = false;
      return new Promise((resolve) => {
        tell = resolve;
      });
    },
    wrote: () => wrote,
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}

/** Watches a layout's folder, which may not be there yet. */
export function watchFolder(dir: string): WriteWatch {
  let before = '';
  return {
    begin() {
      before = stateOf(dir);
      return firstChange([dirname(dir), dir, join(dir, '.unfinished')].filter((path) => existsSync(path)));
    },
    wrote: () => stateOf(dir) !== before,
  };
}

function firstChange(folders: readonly string[]): Promise<void> {
  return new Promise((resolve) => {
    const watchers: FSWatcher[] = [];
    const tell = (): void => {
      for (const watcher of watchers) watcher.close();
      resolve();
    };
    for (const folder of folders) watchers.push(watch(folder, { persistent: false }, tell));
  });
}

/** Names, sizes and times of all that is in a folder. */
function stateOf(dir: string): string {
  if (!existsSync(dir)) return '';
  const names = readdirSync(dir, { recursive: true, encoding: 'utf8' }).sort();
  return names.map((name) => factsOf(join(dir, name))).join('\n');
}

function factsOf(path: string): string {
  const facts = statSync(path, { throwIfNoEntry: false });
  return `${path} ${facts?.size} ${facts?.mtimeMs}`;
}
