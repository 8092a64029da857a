import { connect, type Socket } from 'node:net';
import type { RunningRegistry } from '@signet/registry';

/** A connection of one's own to a registry: bytes as they are, and all that comes back until the server closes. */
export interface RawConnection {
  readonly socket: Socket;
  write(...pieces: readonly (string | Uint8Array)[]): void;
  /** What has come so far. */
  received(): string;
  /** Ends when `text` has been received. @throws {Error} when the connection ends before */
  until(text: string): Promise<void>;
  /** Ends when the server has closed: all that came. */
  closed(): Promise<string>;
}

/** Connects; the test that did so destroys the socket or waits for the end. */
export function rawConnection({ port }: Pick<RunningRegistry, 'port'>): RawConnection {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  let isClosed = false;
  let wake = (): void => {};
  socket.on('data', (piece) => {
    text += piece.toString('latin1');
    wake();
  });
  socket.on('error', () => {}); // told by the close that follows
  socket.on('close', () => {
    isClosed = true;
    wake();
  });
  const next = (): Promise<void> =>
    new Promise((resolve) => {
      wake = resolve;
    });
  return {
    socket,
    write: (...pieces) => {
      for (const piece of pieces) socket.write(piece);
    },
    received: () => text,
    async until(wanted) {
      while (!text.includes(wanted)) {
        if (isClosed) throw new RangeError(`closed before ${JSON.stringify(wanted)}: ${text}`);
        await next();
      }
    },
    async closed() {
      while (!isClosed) await next();
      return text;
    },
  };
}

/** One request whose target is sent as it is, where fetch would tidy it up. Gives the whole answer as text. */
export async function rawRequest(registry: RunningRegistry, method: string, target: string): Promise<string> {
  const connection = rawConnection(registry);
  connection.write(`${method} ${target} HTTP/1.1\r\nHost: registry\r\nConnection: close\r\n\r\n`);
  return await connection.closed();
}
