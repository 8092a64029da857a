import { Agent } from 'undici';
import type { Random } from '../kill/seeded.ts';
import { ask, type Endpoint, endpoints } from './ask.ts';
import type { Asked } from './images.ts';
import { type Exchange, faultsOf } from './oracle.ts';
import { momentSince, type World } from './world.ts';

/** What answers there were under one fault, or with several at once. */
export interface Counts {
  answers: number;
  allowed: number;
  refused: number;
  /** Of the refused: at least one image could not be looked at. */
  undecided: number;
  /** Allowed with a warning. */
  warned: number;
  /** No answer, while the server was gone. */
  none: number;
  maxMs: number;
}

/** Requests that go on until they are stopped, each answer held against what is true. */
export interface Load {
  /** By what was going on. */
  readonly counts: ReadonlyMap<string, Counts>;
  /** What must never be, each with the seed's part in it. */
  readonly faults: readonly string[];
  /** Named in counts and faults from now on. */
  during(what: string): void;
  /** Resolves when so many more answers have come. */
  answered(count: number): Promise<void>;
  /** Asks about everything once, and gives what is wrong with the answers where nothing else is wrong any more. */
  askAll(): Promise<readonly string[]>;
  stop(): Promise<void>;
}

/** `isPunctual`: that an answer came late is a fault; not where other work could keep this process from running. */
export interface LoadOptions {
  /** What callers wait while the registry is in trouble; one of these, milliseconds. */
  readonly troubledMs: readonly number[];
  readonly random: Random;
  readonly workers: number;
  readonly isPunctual: boolean;
}

/** What callers wait where nothing is wrong. */
const calmMs = 8000;
const maxFaults = 50;
/** For a connection, on a machine that is busy with other things. */
const patienceMs = 60_000;

export function startLoad(world: World, { random, workers, isPunctual, troubledMs }: LoadOptions): Load {
  const { stage, server } = world;
  const agent = new Agent({ connect: { ca: stage.ca.ca, timeout: patienceMs }, pipelining: 1 });
  const counts = new Map<string, Counts>();
  const faults: string[] = [];
  const waiting: { left: number; readonly done: () => void }[] = [];
  const pauses = notePauses();
  let what = 'nothing';
  let isOn = true;
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;

  const send = async (endpoint: Endpoint, images: readonly Asked[], timeoutMs: number): Promise<Exchange> => {
    const asking = { agent, url: server.url, token: server.token, timeoutMs, fresh: random() < 0.2 };
    const lostMs = pauses.lostMs();
    const answer = await ask(endpoint, images, asking);
    return { endpoint, images, answer: { ...answer, ms: answer.ms - (pauses.lostMs() - lostMs) } };
  };
  const one = async (endpoint: Endpoint, images: readonly Asked[]): Promise<void> => {
    const during = what;
    const sentMs = performance.now();
    const timeoutMs = world.trouble.since(sentMs).every((each) => each === 'none') ? calmMs : pick(troubledMs);
    const exchange = await send(endpoint, images, timeoutMs);
    const moment = momentSince(world, sentMs, isPunctual ? timeoutMs : Number.POSITIVE_INFINITY);
    const found = faultsOf(exchange, moment, stage.images);
    count(counts, during, exchange.answer);
    if (faults.length < maxFaults) faults.push(...found.map((fault) => `during ${during}: ${endpoint}: ${fault}`));
    for (const each of waiting) {
      each.left -= 1;
      if (each.left === 0) each.done();
    }
  };
  const worker = async (): Promise<void> => {
    while (isOn)
      await one(
        pick(endpoints),
        Array.from({ length: pick([1, 1, 2, 3]) }, () => pick(stage.images.asked)),
      );
  };
  const running = Promise.all(Array.from({ length: workers }, worker));
  return {
    counts,
    faults,
    during(next) {
      what = next;
    },
    answered: (left) => new Promise((done) => void waiting.push({ left, done })),
    async askAll() {
      const [policy = stage.policies.usual] = world.policies.since(performance.now());
      const moment = {
        ...momentSince(world, performance.now(), calmMs),
        policies: [policy],
        isCalm: true,
        isLiedTo: false,
      };
      const asked = stage.images.asked.map(async (image, at) => {
        const exchange = await send(endpoints[at % endpoints.length] ?? '/validate', [image], calmMs);
        return faultsOf(exchange, moment, stage.images);
      });
      return (await Promise.all(asked)).flat();
    },
    async stop() {
      isOn = false;
      await running;
      pauses.stop();
      await agent.close();
    },
  };
}

function count(
  counts: Map<string, Counts>,
  during: string,
  { status, isAllowed, said, ms }: Awaited<ReturnType<typeof ask>>,
): void {
  const none = { answers: 0, allowed: 0, refused: 0, undecided: 0, warned: 0, none: 0, maxMs: 0 };
  const own = counts.get(during) ?? none;
  counts.set(during, own);
  if (status === 0) {
    own.none += 1;
    return;
  }
  own.answers += 1;
  own.maxMs = Math.max(own.maxMs, Math.round(ms));
  if (isAllowed) own.allowed += 1;
  else own.refused += 1;
  if (!isAllowed && said.some(({ verdict }) => verdict === 'undecided')) own.undecided += 1;
  if (said.some(({ warned }) => warned !== undefined)) own.warned += 1;
}

/** For how long this process, on a busy machine, did not run in all: that is no time that the server took. */
function notePauses(): { readonly lostMs: () => number; readonly stop: () => void } {
  const everyMs = 10;
  let lostMs = 0;
  let lastMs = performance.now();
  const look = (): void => {
    const nowMs = performance.now();
    lostMs += Math.max(0, nowMs - lastMs - 2 * everyMs);
    lastMs = nowMs;
  };
  const timer = setInterval(look, everyMs);
  return {
    lostMs() {
      look();
      return lostMs;
    },
    stop: () => clearInterval(timer),
  };
}
