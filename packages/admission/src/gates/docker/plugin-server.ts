import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { RegistryError } from '@signet/oci';
import { followConnections } from '@signet/registry';
import { escapeForTerminal, shorten } from '@signet/verifier';
import { AdmissionError } from '../../errors.ts';
import { budgetOf, startReviewDeadline } from '../../judge/deadline.ts';
import type { Judge } from '../../judge/judge.ts';
import type { Logger } from '../../server/logger.ts';
import { listenOnSocket } from '../../server/unix-socket.ts';
import { authorise, type Decision } from './authorise.ts';
import type { Switch } from './endpoints.ts';
import type { ApiRequest } from './named-images.ts';
import { parseAuthzRequest } from './plugin-requests.ts';

/** How the authorization plugin of a Docker daemon works. */
export interface DockerGateOptions {
  readonly judge: Judge;
  /** What is open though nobody can judge it. */
  readonly allowed: ReadonlySet<Switch>;
  /** The socket of the daemon itself. */
  readonly daemon: string;
  /** The daemon waits for ever: within this time a request is decided, or refused. */
  readonly timeoutMs: number;
  readonly logger: Logger;
  /** Where the daemon finds the plugin. */
  readonly socket: string;
  /** What requests in flight get at the end. Default 5000. */
  readonly closeMs?: number;
}

/** A gate that listens. */
export interface RunningGate {
  close(): Promise<void>;
}

/** The daemon shows bodies of at most 4 MiB, in base64, and headers of at most 1 MiB. */
const maxRequestBytes = 8 * 1024 * 1024;
const mediaType = 'application/vnd.docker.plugins.v1.2+json';

/** Serves the plugin. @throws {AdmissionError} SOCKET_IN_USE, and what node throws for a path that is not to be had */
export async function startDockerGate(options: DockerGateOptions): Promise<RunningGate> {
  const { closeMs = 5000 } = options;
  const server = createServer(listener(options));
  server.requestTimeout = 30_000;
  // The daemon keeps its connections, and a request on one that is being closed would fail.
  server.keepAliveTimeout = 0;
  const end = followConnections(server);
  const takeAway = await listenOnSocket(server, options.socket);
  return {
    async close() {
      await takeAway();
      await end({ limitMs: closeMs });
    },
  };
}

/** The three paths of an authorization plugin. Rule: docs.docker.com/engine/extend/plugins_authorization, plugin_api */
function listener(options: DockerGateOptions): RequestListener {
  const answers: Readonly<Record<string, (request: IncomingMessage) => Promise<object>>> = {
    '/Plugin.Activate': async (request) => {
      await skip(request);
      return { Implements: ['authz'] };
    },
    '/AuthZPlugin.AuthZReq': (request) => judgeRequest(request, options),
    // What was asked has been done: its answer brings nothing in.
    '/AuthZPlugin.AuthZRes': async (request) => {
      await skip(request);
      return { Allow: true };
    },
  };
  return (request, response) => {
    const answer = Object.hasOwn(answers, request.url ?? '') ? answers[request.url ?? ''] : undefined;
    if (request.method !== 'POST' || answer === undefined)
      return send(response, 404, { Err: 'there is nothing at this path' });
    answer(request).then(
      (body) => send(response, 200, body),
      (error: unknown) => {
        options.logger.error({ err: error }, 'failed');
        send(response, 500, { Allow: false, Err: 'signet failed; its log says how' });
      },
    );
  };
}

async function judgeRequest(request: IncomingMessage, options: DockerGateOptions): Promise<object> {
  const startMs = performance.now();
  const deadline = startReviewDeadline(budgetOf(options.timeoutMs));
  let asked: ApiRequest | undefined;
  try {
    asked = parseAuthzRequest(await readWhole(request));
    const decision = await authorise(asked, { ...options, deadline });
    tell(options.logger, asked, decision, performance.now() - startMs);
    return decision.isAllowed ? { Allow: true } : { Allow: false, Msg: decision.message ?? 'refused' };
  } catch (error) {
    if (!(error instanceof AdmissionError || error instanceof RegistryError)) throw error;
    options.logger.error({ reason: escapeForTerminal(error.message) }, 'the daemon was not understood');
    return { Allow: false, Msg: escapeForTerminal(`signet: ${error.message} (${error.code})`) };
  } finally {
    deadline.stop();
  }
}

/** @throws {AdmissionError} REQUEST_INVALID */
async function readWhole(request: IncomingMessage): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    chunks.push(chunk as Buffer);
    size += (chunk as Buffer).length;
    if (size > maxRequestBytes)
      throw new AdmissionError('REQUEST_INVALID', `what the daemon asks has more than ${maxRequestBytes} bytes`);
  }
  return Buffer.concat(chunks);
}

/** To its end, without keeping it: answers of the daemon have any size. */
async function skip(request: IncomingMessage): Promise<void> {
  for await (const _ of request);
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': mediaType }).end(JSON.stringify(body));
}

/** Without the query: it may hold secrets, such as arguments of a build. */
function tell(logger: Logger, { method, uri }: ApiRequest, decision: Decision, ms: number): void {
  const images = decision.outcomes.map(({ image, outcome: { verdict, code, rule } }) => ({
    image: shorten(image, 300),
    verdict,
    code,
    rule,
  }));
  const line = {
    method,
    path: shorten(uri.split('?', 1)[0] ?? '', 200),
    allowed: decision.isAllowed,
    ...(images.length === 0 ? {} : { images: images.slice(0, 20) }),
    ms: Math.round(ms * 100) / 100,
  };
  if (!decision.isAllowed) logger.info({ ...line, reason: decision.message }, 'refused');
  else if (images.length > 0) logger.info(line, 'allowed');
  else logger.debug(line, 'allowed');
}
