import { createServer as createPlainServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Duplex } from 'node:stream';
import type { SecureContextOptions } from 'node:tls';
import { ApiError, show } from '../errors.ts';
import type { RegistryLimits, RegistryOptions, RequestEvent } from '../options.ts';
import { sendError } from './answer.ts';

export type Handle = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** PEM. `clientCa`: certificates of clients are asked for; whether one is good is for the handler to see. */
export interface TlsTexts {
  readonly cert: string | Buffer;
  readonly key: string | Buffer;
  readonly clientCa?: string | Buffer;
}

export interface ListenerOptions {
  readonly limits: Pick<RegistryLimits, 'headersMs' | 'idleMs' | 'maxConnections'>;
  readonly handle: Handle;
  readonly tls?: TlsTexts;
  readonly logger?: RegistryOptions['logger'];
}

/** How often node looks for connections that are past their time. */
const checkIntervalMs = 2000;
/** How long the rest of a refused body is read, so that the client sees the answer and not a reset connection. */
const drainMs = 15_000;

/** The HTTP server around a handler: time-outs, failures as the spec's error body, one log event for each request. */
export function createListener(options: ListenerOptions): Server {
  const { limits, tls } = options;
  const http = {
    headersTimeout: limits.headersMs,
    // A blob may take hours; a connection on which nothing moves is closed by the socket's own time-out.
    requestTimeout: 0,
    keepAliveTimeout: limits.idleMs,
    connectionsCheckingInterval: checkIntervalMs,
    noDelay: true,
  };
  const listen = (request: IncomingMessage, response: ServerResponse): void => void answer(options, request, response);
  const server =
    tls === undefined
      ? createPlainServer(http, listen)
      : createTlsServer(
          { ...http, ...secureOptions(tls), ...clientOptions(tls), handshakeTimeout: limits.headersMs },
          listen,
        );
  server.maxConnections = limits.maxConnections;
  server.timeout = limits.idleMs;
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => refuse(error, socket));
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  return server;
}

/** What may change while it listens. */
export function secureOptions({ cert, key, clientCa }: TlsTexts): SecureContextOptions {
  return { cert, key, minVersion: 'TLSv1.2', ...(clientCa === undefined ? {} : { ca: clientCa }) };
}

function clientOptions({ clientCa }: TlsTexts) {
  return clientCa === undefined ? {} : { requestCert: true, rejectUnauthorized: false };
}

async function answer(options: ListenerOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const started = performance.now();
  response.setHeader('Docker-Distribution-API-Version', 'registry/2.0');
  let cause: unknown;
  try {
    await options.handle(request, response);
  } catch (error) {
    cause = answerFailure(request, response, error);
  }
  drain(request);
  if (options.logger !== undefined) {
    const ms = performance.now() - started;
    options.logger({
      ...describe(request),
      status: response.statusCode,
      ms,
      ...(cause === undefined ? {} : { cause }),
    });
  }
}

/** Gives what a log should know beside the status. */
function answerFailure(request: IncomingMessage, response: ServerResponse, error: unknown): unknown {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return error;
  }
  if (error instanceof ApiError) {
    sendError(request, response, error);
    return undefined;
  }
  // The spec has no code for our own faults, and their text is nobody's business.
  sendError(request, response, new ApiError(500, 'UNSUPPORTED', 'the registry failed'));
  return error;
}

/** What was not read of a body is thrown away by node; not for ever. */
function drain(request: IncomingMessage): void {
  if (request.complete) return;
  const timer = setTimeout(() => request.destroy(), drainMs);
  timer.unref();
  request.once('close', () => clearTimeout(timer));
}

function describe(request: IncomingMessage): Pick<RequestEvent, 'method' | 'path'> {
  const path = (request.url ?? '').split('?', 1)[0] ?? '';
  return { method: request.method ?? '', path: show(path).slice(1, -1) };
}

/**
 * What is no HTTP gets its 400 at once. A TLS ClientHello on the plain port is the usual one: cosign and crane try TLS first and wait
 * for a registry that only closes, or says nothing.
 */
function refuse(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const status = statuses[error.code ?? ''] ?? '400 Bad Request';
  const lines = [`HTTP/1.1 ${status}`, 'Connection: close', 'Content-Length: 0', '', ''];
  socket.end(lines.join('\r\n'), () => socket.destroy());
}

const statuses: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: '413 Payload Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};
