import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream';
import { listenOnLoopback, splitHost } from './delay-proxy.ts';

/** One request as it went through the proxy. `status` is 0 where the server did not answer. */
export interface CountedRequest {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  /** The `Authorization` header was there. */
  readonly authorized: boolean;
  /** Of the answer's body, as its head tells them. */
  readonly bodyBytes: number;
  /** When it arrived, and when its answer's head (or its failure) went back; milliseconds of one clock. */
  readonly fromMs: number;
  readonly untilMs: number;
}

/** A proxy in front of a plain-HTTP registry that counts what passes. */
export interface CountingProxy {
  readonly host: string;
  /** What was answered so far, in the order of the answers. */
  requests(): readonly CountedRequest[];
  connections(): number;
  /** Forgets what was counted. */
  reset(): void;
  stop(): Promise<void>;
}

/**
 * Starts an HTTP proxy on loopback that hands every request on to `upstream` (`HOST:PORT`) and counts it. `Host` stays the proxy's own.
 * `hold` holds every answer back, so many milliseconds or until its promise resolves: requests made side by side overlap for certain.
 * `refuse` gives the status that a path gets from the proxy itself.
 */
export async function startCountingProxy(
  upstream: string,
  hold: number | Promise<unknown> = 0,
  refuse: (path: string) => number | undefined = () => undefined,
): Promise<CountingProxy> {
  const agent = new Agent({ keepAlive: true });
  const target = splitHost(upstream);
  let counted: CountedRequest[] = [];
  let connections = 0;
  const server = createServer((from, to) => {
    const { method = 'GET', url: path = '/', headers } = from;
    const fromMs = performance.now();
    const note = (status: number, bodyBytes = 0): void => {
      const authorized = headers.authorization !== undefined;
      counted.push({ method, path, status, authorized, bodyBytes, fromMs, untilMs: performance.now() });
    };
    const refusal = refuse(path);
    if (refusal !== undefined) {
      note(refusal);
      from.resume();
      to.writeHead(refusal).end();
      return;
    }
    forward({ from, to, agent, target, hold }, note);
  });
  server.on('connection', () => {
    connections += 1;
  });
  const port = await listenOnLoopback(server);
  return {
    host: `127.0.0.1:${port}`,
    requests: () => counted,
    connections: () => connections,
    reset: () => {
      counted = [];
      connections = 0;
    },
    stop: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      agent.destroy();
      await closed;
    },
  };
}

/** The longest row of requests each of which began after the answer of the one before: round trips on the critical path. */
export function longestChain(requests: readonly CountedRequest[]): number {
  let length = 0;
  let freeMs = Number.NEGATIVE_INFINITY;
  for (const { fromMs, untilMs } of [...requests].sort((a, b) => a.untilMs - b.untilMs)) {
    if (fromMs < freeMs) continue;
    length += 1;
    freeMs = untilMs;
  }
  return length;
}

interface Exchange {
  readonly from: IncomingMessage;
  readonly to: ServerResponse;
  readonly agent: Agent;
  readonly target: { readonly host: string; readonly port: number };
  readonly hold: number | Promise<unknown>;
}

function forward(
  { from, to, agent, target, hold }: Exchange,
  note: (status: number, bodyBytes?: number) => void,
): void {
  const { method = 'GET', url: path = '/', headers } = from;
  const onward = request({ ...target, method, path, headers, agent }, (answer) => {
    const answered = (): void => {
      if (to.headersSent) return; // the sending half broke meanwhile: that was noted
      note(answer.statusCode ?? 0, method === 'HEAD' ? 0 : Number(answer.headers['content-length'] ?? 0));
      if (to.destroyed) {
        answer.resume(); // whoever asked had enough meanwhile, and is gone
        return;
      }
      to.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      pipeline(answer, to, () => {}); // a broken answer breaks the client's connection: it sees the same
    };
    if (typeof hold === 'number') setTimeout(answered, hold);
    else void hold.then(answered);
  });
  pipeline(from, onward, (error) => {
    if (error === undefined || error === null || to.headersSent) return;
    note(0);
    to.writeHead(502).end();
  });
}
