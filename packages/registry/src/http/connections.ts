import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Server as TlsServer } from 'node:https';
import type { Socket } from 'node:net';

/** How a server is ended; times in milliseconds. */
export interface ServerEnd {
  /** What requests in flight get. */
  readonly limitMs: number;
  /** What a connection on which no request has come gets: one may be on its way. Default 1000. */
  readonly silentMs?: number;
  /** Stops the server and resolves when it has no connection any more. Default: its own `close`. */
  readonly close?: () => Promise<void>;
}

const defaultSilentMs = 1000;

/**
 * Follows the connections of a server that does not listen yet. Gives what ends it: it accepts no more, requests under way get their
 * answers, connections without one are closed. Node alone waits for those on which no request ever came.
 */
export function followConnections(server: Server): (end: ServerEnd) => Promise<void> {
  const connections = createConnections(server);
  // Node's own would cut off an answer that was handed over and has not left yet.
  server.closeIdleConnections = connections.endIdle;
  return async ({ limitMs, silentMs = defaultSilentMs, close = () => closeServer(server) }) => {
    const closed = close();
    connections.endIdle();
    const ofSilent = setTimeout(connections.endSilent, silentMs);
    const ofAll = setTimeout(() => {
      server.closeAllConnections();
      connections.endSilent();
    }, limitMs);
    await closed;
    clearTimeout(ofSilent);
    clearTimeout(ofAll);
  };
}

interface Connections {
  /** From now on, each as soon as it has nothing to answer. */
  readonly endIdle: () => void;
  /** Those on which no request has come. */
  readonly endSilent: () => void;
}

function createConnections(server: Server): Connections {
  /** To each connection its requests under way, of those that had one. */
  const underWay = new Map<Socket, number>();
  const silent = createSilent(server);
  let isEnding = false;
  const count = (socket: Socket, change: number): void => {
    const now = (underWay.get(socket) ?? 0) + change;
    if (socket.destroyed) underWay.delete(socket);
    else underWay.set(socket, now);
    // The end of an answer may not have left yet.
    if (isEnding && now === 0) socket.destroySoon();
  };
  server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    silent.delete(socket);
    if (!underWay.has(socket)) socket.once('close', () => underWay.delete(socket));
    count(socket, 1);
    response.once('close', () => count(socket, -1));
  });
  return {
    endIdle() {
      isEnding = true;
      for (const [socket, requests] of underWay) if (requests === 0) socket.destroy();
    },
    endSilent() {
      for (const socket of silent) socket.destroy();
    },
  };
}

/** With TLS, a connection and what is spoken on it are two sockets: the first is silent until the second is there. */
function createSilent(server: Server): Set<Socket> {
  const silent = new Set<Socket>();
  const add = (socket: Socket): void => {
    silent.add(socket);
    socket.once('close', () => silent.delete(socket));
  };
  server.on('connection', add);
  if (server instanceof TlsServer) {
    server.on('secureConnection', (secure: Socket) => {
      for (const raw of silent) if (isSameEnd(raw, secure)) silent.delete(raw);
      add(secure);
    });
  }
  return silent;
}

function isSameEnd(one: Socket, other: Socket): boolean {
  return one.remotePort === other.remotePort && one.remoteAddress === other.remoteAddress;
}

function closeServer(server: Server): Promise<void> {
  return new Promise((closed) => void server.close(() => closed()));
}
