import type { Server as HttpServer } from 'node:http';
import { Server as TlsServer } from 'node:tls';
import { followConnections } from '@signet/registry';
import type { CustomPaths } from '@signet/workloads';
import fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify';
import { AdmissionError } from '../errors.ts';
import type { Judge } from '../judge/judge.ts';
import type { Asker } from '../pull-secrets/pull-secrets.ts';
import type { PushWatcher } from '../webhooks/push-watcher.ts';
import { type AccessOptions, hasClientCertificate, hashToken } from './access.ts';
import { defaultTimeouts, type ServerContext, type Timeouts } from './context.ts';
import { gatekeeperRoutes } from './gatekeeper-routes.ts';
import { healthRoutes } from './health-routes.ts';
import { boundInFlight } from './in-flight.ts';
import { jsonParser } from './json-body.ts';
import { kubernetesRoutes } from './kubernetes-routes.ts';
import { boundLargeBodies } from './large-bodies.ts';
import type { Metrics } from './metrics.ts';
import { openApiRoutes } from './openapi-routes.ts';
import { restRoutes } from './rest-routes.ts';
import { listenOnSocket } from './unix-socket.ts';
import { webhookRoutes } from './webhook-routes.ts';

/** PEM; `clientCa` where client certificates are taken. */
export interface TlsMaterial {
  readonly cert: string | Buffer;
  readonly key: string | Buffer;
  readonly clientCa?: string | Buffer;
}

/** What may change while a server runs. */
export interface ServerSecrets {
  /** Without it, plain HTTP, on addresses of this machine alone. */
  readonly tls?: TlsMaterial;
  /** Bearer tokens for `/v1/verify` and `/metrics`. */
  readonly tokens?: readonly string[];
  /** Secrets that registries show with their notifications. None: notifications are refused. */
  readonly webhookSecrets?: readonly string[];
}

/** How a server is set up. */
export interface ServerOptions extends ServerSecrets {
  readonly judge: Judge;
  /** The judge for a review of a namespace, where its pull secrets are to be used. Default: `judge`. */
  readonly judgeFor?: (asker: Asker) => Judge;
  readonly metrics: Metrics;
  readonly logger: FastifyBaseLogger;
  /** Default 127.0.0.1. Without TLS it must be an address of this machine. */
  readonly host?: string;
  /** Default 0: a free one. */
  readonly port?: number;
  /** A unix socket instead, for this user alone. */
  readonly socket?: string;
  /** Everything but health checks wants a client certificate. Default: false. */
  readonly needsClientCert?: boolean;
  readonly customPaths?: CustomPaths;
  /** Follows up the notifications of registries. Without it they are refused. */
  readonly watcher?: PushWatcher;
  /** Health, figures and the notifications of registries alone: nothing is answered about images. Default: false. */
  readonly onlyWebhooks?: boolean;
  readonly timeouts?: Partial<Timeouts>;
  /** Milliseconds that requests in flight get at the end. Default 25,000. */
  readonly closeMs?: number;
  /** Milliseconds until head and body of a request must have come; its connection is cut then. Default 30,000. */
  readonly requestMs?: number;
  readonly now?: () => number;
}

/** A server that listens. */
export interface RunningServer {
  /** `http://127.0.0.1:8443`, or `unix:PATH`. */
  readonly url: string;
  /**
   * New connections get the certificate, new requests are held against the tokens. A server stays with or without TLS.
   * @throws {AdmissionError} SERVER_INVALID; what node:tls throws for what is no certificate. Then nothing is changed.
   */
  useSecrets(secrets: ServerSecrets): void;
  /** Takes no more requests, finishes those in flight within the limit. */
  close(): Promise<void>;
}

/** A review holds an object of at most 3 MiB twice; more is not read. */
const maxBodyBytes = 8 * 1024 * 1024;
/** Each may hold a small body. More are closed as they come. */
const maxConnections = 4096;

/** @throws {AdmissionError} SERVER_INVALID for options that would be unsafe, SOCKET_IN_USE; what node throws for an address that is not to be had */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { host = '127.0.0.1', closeMs = 25_000 } = options;
  let isOpen = true;
  const app = createApp(options);
  const context: ServerContext & { access: AccessOptions } = {
    judge: options.judge,
    judgeFor: judgeForOf(options),
    customPaths: options.customPaths ?? {},
    timeouts: { ...defaultTimeouts, ...options.timeouts },
    metrics: options.metrics,
    access: accessOf(options, host),
    now: options.now ?? Date.now,
    isReady: () => isOpen,
  };
  app.decorateRequest('arrivedMs', 0);
  app.addHook('onRequest', (request, reply, done) => {
    request.arrivedMs = performance.now();
    if (!context.access.needsClientCert || isHealth(request.url) || hasClientCertificate(request.raw)) return done();
    void reply.code(401).send({ error: { code: 'UNAUTHORIZED', message: 'a client certificate is needed' } });
  });
  healthRoutes(app, context);
  if (options.onlyWebhooks !== true) {
    kubernetesRoutes(app, context);
    gatekeeperRoutes(app, context);
    restRoutes(app, context);
    openApiRoutes(app);
  }
  webhookRoutes(app, context, options.watcher);
  const end = followConnections(app.server);
  const { url, takeAway } = await listen(app, options);
  return {
    url,
    useSecrets(secrets) {
      const fresh = accessOf({ ...options, ...secrets }, host);
      if (secrets.tls !== undefined && app.server instanceof TlsServer)
        app.server.setSecureContext(secureOptions(secrets.tls));
      context.access = fresh;
    },
    async close() {
      isOpen = false;
      await takeAway?.();
      await end({ limitMs: closeMs, close: () => app.close() });
    },
  };
}

function judgeForOf({ judge, judgeFor }: ServerOptions): ServerContext['judgeFor'] {
  return ({ namespace = '', object }) =>
    judgeFor === undefined || namespace === '' ? judge : judgeFor({ namespace, object });
}

/** Where it listens now, and what takes its socket away at the end. */
interface Listening {
  readonly url: string;
  readonly takeAway?: () => Promise<void>;
}

async function listen(app: FastifyInstance<HttpServer>, options: ServerOptions): Promise<Listening> {
  const { host = '127.0.0.1', port = 0, socket, tls } = options;
  if (socket !== undefined) {
    await app.ready();
    return { url: `unix:${socket}`, takeAway: await listenOnSocket(app.server, socket) };
  }
  await app.listen({ host, port });
  const address = app.server.address();
  const name = host.includes(':') ? `[${host}]` : host;
  const given = typeof address === 'object' && address !== null ? address.port : port;
  return { url: `${tls === undefined ? 'http' : 'https'}://${name}:${given}` };
}

function createApp({ logger, tls, requestMs = 30_000 }: ServerOptions): FastifyInstance<HttpServer> {
  // Node exchanges both limits where that for heads is the longer one; the interval is how late it may be in cutting off who is slow.
  const checks = { headersTimeout: requestMs, connectionsCheckingInterval: Math.min(5000, requestMs) };
  const http =
    tls === undefined ? { http: checks } : { https: { ...checks, ...secureOptions(tls), ...clientOptions(tls) } };
  const app = fastify({
    ...http,
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: maxBodyBytes,
    requestTimeout: requestMs,
    connectionTimeout: 0,
    keepAliveTimeout: 75_000,
    forceCloseConnections: 'idle',
    // Who got through before the end gets an answer, not a 503 that a webhook takes for a failure.
    return503OnClosing: false,
    routerOptions: { maxParamLength: 200 },
  }) as unknown as FastifyInstance<HttpServer>;
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, jsonParser);
  app.server.maxConnections = maxConnections;
  boundInFlight(app, { isExempt: isHealth });
  boundLargeBodies(app);
  app.setErrorHandler((error, request, reply) => {
    const { status, code, message } = describe(error);
    if (status >= 500) request.log.error({ err: error }, 'failed');
    void reply.code(status).send({ error: { code, message } });
  });
  app.setNotFoundHandler((_request, reply) => {
    void reply.code(404).send({ error: { code: 'NOT_FOUND', message: 'there is nothing at this path' } });
  });
  return app;
}

interface Described {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

/** What the caller is told of an error; nothing of what went wrong inside. */
function describe(error: unknown): Described {
  if (error instanceof AdmissionError) return { status: 400, code: error.code, message: error.message };
  const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500;
  if (status === 413)
    return { status, code: 'REQUEST_TOO_LARGE', message: `more than ${maxBodyBytes} bytes are not read` };
  if (status === 415)
    return { status, code: 'REQUEST_UNSUPPORTED', message: 'application/json is wanted, not compressed' };
  if (status === 503)
    return { status, code: 'SERVER_BUSY', message: 'too many requests, or too large ones, at the same time' };
  if (status >= 400 && status < 500) return { status, code: 'REQUEST_INVALID', message: 'the request cannot be read' };
  return { status: 500, code: 'FAILED', message: 'the server failed; its log says how' };
}

/** TLS 1.3 alone: what Gatekeeper asks for, and every API server speaks. */
function secureOptions({ cert, key, clientCa }: TlsMaterial) {
  return { cert, key, minVersion: 'TLSv1.3' as const, ...(clientCa === undefined ? {} : { ca: clientCa }) };
}

/** Shown certificates are judged request by request: health checks come without. */
function clientOptions({ clientCa }: TlsMaterial) {
  return clientCa === undefined ? {} : { requestCert: true, rejectUnauthorized: false };
}

function isHealth(url: string): boolean {
  return /^\/(?:healthz|readyz)(?:\?|$)/.test(url);
}

function accessOf(options: ServerOptions, host: string): AccessOptions {
  const { tls, socket, needsClientCert = false, tokens = [], webhookSecrets = [] } = options;
  const isLoopback =
    socket !== undefined || host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
  const hasClientCa = tls?.clientCa !== undefined;
  if (tls === undefined && !isLoopback) {
    const message = `plain HTTP is served on addresses of this machine alone, not on ${host}: give a certificate`;
    throw new AdmissionError('SERVER_INVALID', message);
  }
  if (needsClientCert && !hasClientCa)
    throw new AdmissionError('SERVER_INVALID', 'client certificates are demanded, but no CA is given that issues them');
  if ([...tokens, ...webhookSecrets].some((token) => token.length < 16))
    throw new AdmissionError('SERVER_INVALID', 'a token or secret has fewer than 16 characters');
  return {
    tokenHashes: tokens.map(hashToken),
    webhookHashes: webhookSecrets.map(hashToken),
    hasClientCa,
    needsClientCert,
    isLoopback,
  };
}
