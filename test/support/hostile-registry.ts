import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { TLSSocket } from 'node:tls';

/** What arrived: enough to tell what a client let slip. `client`: the common name of the certificate that it showed. */
export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  readonly client?: string;
}

/** A server that answers as a test tells it to, lies included. */
export interface HostileRegistry {
  readonly host: string;
  readonly url: string;
  readonly seen: readonly SeenRequest[];
  /** Connections that were opened so far. */
  connections(): number;
  stop(): Promise<void>;
}

/** PEM texts; with `clientCa` it asks for a client certificate, and takes requests without one too. */
export interface HostileTls {
  readonly cert: string;
  readonly key: string;
  readonly clientCa?: string;
}

export type Answer = (request: SeenRequest, response: ServerResponse) => void;

/** Starts it on a free loopback port; `answer` gets each request with its body read. */
export async function startHostileRegistry(answer: Answer, tls?: HostileTls): Promise<HostileRegistry> {
  const seen: SeenRequest[] = [];
  const server = listenerFor((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('error', () => {}); // A client that breaks off is part of the play.
    incoming.on('end', () => {
      const { method = '', url = '', headers } = incoming;
      const client = commonName(incoming);
      const body = Buffer.concat(chunks).toString('utf8');
      const request = { method, url, headers, body, ...(client === undefined ? {} : { client }) };
      seen.push(request);
      answer(request, response);
    });
  }, tls);
  let connections = 0;
  server.on('connection', () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    host,
    url: `${tls === undefined ? 'http' : 'https'}://${host}`,
    seen,
    connections: () => connections,
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

function listenerFor(
  listen: (request: IncomingMessage, response: ServerResponse) => void,
  tls: HostileTls | undefined,
): Server {
  if (tls === undefined) return createServer(listen);
  const { clientCa, ...own } = tls;
  const asking = clientCa === undefined ? {} : { ca: clientCa, requestCert: true, rejectUnauthorized: false };
  return createTlsServer({ ...own, ...asking }, listen);
}

function commonName({ socket }: IncomingMessage): string | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined;
  const name: unknown = socket.getPeerCertificate().subject?.CN;
  return typeof name === 'string' ? name : undefined;
}
