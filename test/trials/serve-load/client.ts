import { readFileSync } from 'node:fs';
import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { type LoadPod, type PodImage, podsOf } from './pods.ts';

/** What a client is told to do, as JSON on its command line. */
export interface LoadPlan {
  readonly url: string;
  /** Of an https server: the file of who issued its certificate. */
  readonly caFile?: string;
  readonly images: readonly PodImage[];
  readonly connections: number;
  /** Ends after so long, or after so many requests, whichever is first. */
  readonly ms: number;
  readonly requests?: number;
  /** All requests ask for the first three images. */
  readonly same?: boolean;
  /** What the API server would wait. */
  readonly timeoutMs: number;
}

/** What came of it. */
export interface LoadResult {
  readonly answers: number;
  readonly perSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  /** Allowed though an image must not be. */
  readonly wrong: number;
  /** Refused though all images are good: undecided, or in doubt. */
  readonly refused: number;
  readonly late: number;
  readonly failed: number;
  /** Microseconds of processor time of this client, for each answer. */
  readonly ownMicros: number;
}

/** Requests as they go over the wire, made once: what sends them must take as little as it can of the time that is measured. */
interface Request {
  readonly bytes: Buffer;
  readonly isGood: boolean;
}

/** Sends reviews over connections that are kept, the next when the last is answered. */
async function load(plan: LoadPlan): Promise<LoadResult> {
  const requests = podsOf(plan.images, plan.same === true).map((pod) => requestOf(pod, plan));
  const counts = { wrong: 0, refused: 0, late: 0, failed: 0 };
  const times: number[] = [];
  const started = performance.now();
  let sent = 0;
  const next = (): Request | undefined =>
    performance.now() - started < plan.ms && sent < (plan.requests ?? Number.POSITIVE_INFINITY)
      ? requests[sent++ % requests.length]
      : undefined;
  const done = ({ isGood }: Request, isAllowed: boolean | undefined, ms: number): void => {
    if (isAllowed === undefined) counts.failed += 1;
    else if (isAllowed !== isGood) counts[isGood ? 'refused' : 'wrong'] += 1;
    if (ms > plan.timeoutMs) counts.late += 1;
    times.push(ms);
  };
  await Promise.all(Array.from({ length: plan.connections }, () => ask(plan, next, done)));
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage();
  times.sort((a, b) => a - b);
  const at = (share: number): number => round(times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0);
  return {
    answers: times.length,
    perSecond: Math.round(times.length / seconds),
    p50: at(0.5),
    p99: at(0.99),
    max: at(1),
    ...counts,
    ownMicros: Math.round((user + system) / times.length),
  };
}

/** One connection after the other, until nothing more is to be asked. */
async function ask(
  plan: LoadPlan,
  next: () => Request | undefined,
  done: (request: Request, isAllowed: boolean | undefined, ms: number) => void,
): Promise<void> {
  for (let request = next(); request !== undefined; ) request = await askOver(await connect(plan), request);

  /** Asks until all is asked, or the connection ends: then the request that it ended with, if it was only about to be sent, is given back. */
  function askOver(socket: Socket, first: Request): Promise<Request | undefined> {
    const { promise, resolve } = Promise.withResolvers<Request | undefined>();
    let request: Request | undefined = first;
    let from = performance.now();
    let answer = Buffer.alloc(0);
    socket.setTimeout(plan.timeoutMs * 2, () => socket.destroy());
    socket.on('error', () => {});
    socket.on('close', () => {
      if (request === undefined) return resolve(undefined);
      done(request, undefined, performance.now() - from);
      resolve(next());
    });
    socket.on('data', (chunk) => {
      answer = answer.length === 0 ? chunk : Buffer.concat([answer, chunk]);
      const body = bodyOf(answer);
      if (body === undefined || request === undefined) return;
      done(request, isAllowedBy(body), performance.now() - from);
      answer = Buffer.alloc(0);
      request = next();
      from = performance.now();
      if (request === undefined) socket.destroy();
      else socket.write(request.bytes);
    });
    socket.write(first.bytes);
    return promise;
  }
}

function connect({ url, caFile }: LoadPlan): Promise<Socket> {
  const { protocol, hostname: host, port } = new URL(url);
  const to = { host, port: Number(port), noDelay: true };
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const socket =
    protocol === 'http:'
      ? connectPlain(to, () => resolve(socket))
      : connectTls({ ...to, ...(caFile === undefined ? {} : { ca: readFileSync(caFile) }) }, () => resolve(socket));
  socket.once('error', reject);
  return promise;
}

/** The body once it is whole. The server always says its length. */
function bodyOf(answer: Buffer): Buffer | undefined {
  const end = answer.indexOf('\r\n\r\n');
  if (end === -1) return undefined;
  const [, length = '0'] = /\r\ncontent-length: (\d+)/i.exec(answer.toString('latin1', 0, end)) ?? [];
  const body = answer.subarray(end + 4);
  return body.length < Number(length) ? undefined : body;
}

/** Whether the pod is allowed; undefined where the answer is none. */
function isAllowedBy(body: Buffer): boolean | undefined {
  const text = body.toString('latin1');
  if (text.includes('"allowed":true')) return true;
  return text.includes('"allowed":false') ? false : undefined;
}

function requestOf({ body, isGood }: LoadPod, { url, timeoutMs }: LoadPlan): Request {
  const head = [
    `POST /validate?timeout=${timeoutMs}ms HTTP/1.1`,
    `Host: ${new URL(url).host}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  return { bytes: Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`), isGood };
}

function round(ms: number): number {
  return Math.round(ms * 100) / 100;
}

console.log(JSON.stringify(await load(JSON.parse(process.argv[2] ?? '{}'))));
