import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { splitHost } from '../../support/delay-proxy.ts';
import { fixedPort } from './fixed-port.ts';

/** What a registry does to those who ask it. `healthy`, away, or lying. */
export const behaviours = [
  'healthy',
  'down',
  'silent',
  'slow',
  'throttling',
  'failing',
  'wrong-bytes',
  'wrong-digest',
  'foreign-referrers',
  'foreign-manifest',
  'truncated',
] as const;
export type Behaviour = (typeof behaviours)[number];

/** Those with which it says what is not so: an answer by its word may then be a no, never a yes. */
export const lies: ReadonlySet<Behaviour> = new Set<Behaviour>([
  'wrong-bytes',
  'wrong-digest',
  'foreign-referrers',
  'foreign-manifest',
  'truncated',
]);

/** A registry whose behaviour is switched while it is asked. */
export interface FaultRegistry {
  /** `127.0.0.1:PORT`; the same whatever happens. */
  readonly host: string;
  behave(behaviour: Behaviour): Promise<void>;
  /** Answers to paths that match wait for the promise. */
  hold(path: RegExp, until: Promise<unknown>): void;
  /** Paths of requests that came so far. */
  readonly seen: readonly string[];
  stop(): Promise<void>;
}

/** What lies are made of. */
export interface Foreign {
  /** `/v2/REPOSITORY/manifests/TAG` of an image that somebody trusted signed. */
  readonly manifest: string;
  /** Its digest: its signatures are shown for any other image's. */
  readonly digest: string;
}

const slowMs = 150;

/** In front of the registry at `upstream` (`HOST:PORT`, plain HTTP), which stays as it is. */
export async function startFaultRegistry(upstream: string, foreign: () => Foreign): Promise<FaultRegistry> {
  const target = splitHost(upstream);
  const agent = new Agent({ keepAlive: true });
  const seen: string[] = [];
  let behaviour: Behaviour = 'healthy';
  let held: { readonly path: RegExp; readonly until: Promise<unknown> } | undefined;
  const server = createServer((from, to) => {
    seen.push(from.url ?? '');
    if (held?.path.test(from.url ?? '') === true) void held.until.then(() => answer(from, to));
    else void answer(from, to);
  });
  const answer = async (from: IncomingMessage, to: ServerResponse): Promise<void> => {
    to.on('error', () => {}); // Whoever asked may be gone.
    const as = behaviour;
    if (as === 'silent') return; // for ever: connections of that time stay dead afterwards, too
    if (as === 'slow') await sleep(slowMs);
    if (as === 'throttling') return void to.writeHead(429, { 'retry-after': '1' }).end();
    if (as === 'failing') return void to.writeHead(500).end('no');
    const whole = await ask(from, pathFor(as, from.url ?? '/', foreign()));
    if (from.method === 'HEAD') return void to.writeHead(whole.status, whole.headers as NodeJS.Dict<string>).end();
    reply(to, as === 'wrong-bytes' || as === 'wrong-digest' ? spoiled(as, whole) : whole, as === 'truncated');
  };
  const ask = (from: IncomingMessage, path: string): Promise<Whole> =>
    new Promise((resolve) => {
      const { method = 'GET', headers } = from;
      const broken = (): void => resolve({ status: 502, headers: {}, body: Buffer.alloc(0) });
      const onward = request({ ...target, method, path, headers, agent }, async (answered) => {
        const chunks: Buffer[] = [];
        answered.on('error', broken);
        for await (const chunk of answered) chunks.push(chunk as Buffer);
        const { 'transfer-encoding': _, connection: _own, 'keep-alive': _alive, ...kept } = answered.headers;
        resolve({ status: answered.statusCode ?? 502, headers: kept, body: Buffer.concat(chunks) });
      });
      onward.on('error', broken);
      from.pipe(onward);
    });
  const port = await fixedPort((each) => listen(each));
  function listen(at: number): Promise<void> {
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(at, '127.0.0.1', () => {
        server.off('error', reject);
        resolve();
      });
    });
  }
  const shut = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return {
    host: `127.0.0.1:${port}`,
    seen,
    async behave(next) {
      const wasDown = behaviour === 'down';
      behaviour = next;
      if (next === 'down' && !wasDown) await shut();
      if (next !== 'down' && wasDown) await listen(port);
    },
    hold(path, until) {
      held = { path, until };
    },
    async stop() {
      if (server.listening) await shut();
      agent.destroy();
    },
  };
}

interface Whole {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Buffer;
}

/** What is asked in place of what was asked. */
function pathFor(behaviour: Behaviour, path: string, { manifest, digest }: Foreign): string {
  if (behaviour === 'foreign-manifest' && /\/manifests\/(?!sha256[:-])/.test(path)) return manifest;
  if (behaviour !== 'foreign-referrers') return path;
  const repository = manifest.replace(/\/manifests\/.*/, '');
  if (path.includes('/referrers/')) return `${repository}/referrers/${digest}`;
  return /\/manifests\/sha256-/.test(path) ? `${repository}/manifests/${digest.replace(':', '-')}` : path;
}

function spoiled(behaviour: 'wrong-bytes' | 'wrong-digest', whole: Whole): Whole {
  const other = `sha256:${'0'.repeat(64)}`;
  if (behaviour === 'wrong-digest') return { ...whole, headers: { ...whole.headers, 'docker-content-digest': other } };
  const body = Buffer.from(whole.body);
  // A letter of some text within, so that it stays JSON.
  const at = body.lastIndexOf('a');
  if (at >= 0) body[at] = 'b'.charCodeAt(0);
  return { ...whole, body };
}

function reply(to: ServerResponse, { status, headers, body }: Whole, isCut: boolean): void {
  const sent = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined || name === 'content-length' ? [] : [[name, value as string] as const],
  );
  to.writeHead(status, { ...Object.fromEntries(sent), 'content-length': String(body.length) });
  if (!isCut || body.length < 2) return void to.end(body);
  to.write(body.subarray(0, body.length >> 1), () => to.destroy());
}
