import {
  createMemoryStore,
  type Digest,
  isDigest,
  type ReadOptions,
  RegistryError,
  type Resolved,
  type Store,
  type TagCondition,
} from '@signet/oci';
import type { Dice } from './dice.ts';
import { type Process, type Scheduler, someTime } from './scheduler.ts';

/** What can befall a request: how likely each is, from 0 to 1. */
export interface NetworkFaults {
  /** It never arrives. */
  readonly lose: number;
  /** It is done, and the sender never learns that. */
  readonly loseAnswer: number;
  /** The sender gives up, and it arrives seconds to hours after that. */
  readonly delay: number;
  /** The sender stands still between its last look at the clock and the sending. */
  readonly hold: number;
  /** It arrives a second time, as where a connection is lost and the client tries again; not where the client was told to send once. */
  readonly repeat: number;
  /** A read is answered by a replica that is behind. */
  readonly staleRead: number;
  /** A list of tags is. */
  readonly staleList: number;
  /** A tag that is read while it is being overwritten is not there, or the server fails. Rule: signed-tags.md 3.3 */
  readonly stutter: number;
}

export const noNetworkFaults: NetworkFaults = {
  lose: 0,
  loseAnswer: 0,
  delay: 0,
  hold: 0,
  repeat: 0,
  staleRead: 0,
  staleList: 0,
  stutter: 0,
};

export interface RegistryOptions {
  /** Asked at every request; default: none. */
  readonly faults?: () => NetworkFaults;
  /** Whether a condition is held to by the registry itself (`If-Match`); otherwise the client reads the tag just before. Default: false. */
  readonly isConditional?: boolean;
  /** How far a replica may be behind, milliseconds; default 2,000. */
  readonly lagMs?: number;
  /** Called when a tag has come to name something else; `who`: the process that asked for it. */
  readonly onTag?: (change: TagChange) => void;
}

export interface TagChange {
  readonly tag: string;
  readonly digest: Digest | undefined;
  readonly who: string;
}

/** One repository of a registry in memory, as the processes of a simulation see it and as it is. */
export interface SimulatedRegistry {
  /** Every call is a request of this process: the scheduler orders it, and it may be befallen by a fault. */
  readonly storeFor: (process: Process) => Store;
  /** Without requests and faults, at once: for attackers who have the registry, and for looking at what is there. */
  readonly direct: Store;
  /** What the tag has named, oldest first; undefined: nothing. */
  readonly historyOf: (tag: string) => readonly (Digest | undefined)[];
}

interface Named {
  readonly atMs: number;
  readonly digest: Digest | undefined;
}

export function createSimulatedRegistry(scheduler: Scheduler, options: RegistryOptions = {}): SimulatedRegistry {
  const history = new Map<string, Named[]>();
  const content = createMemoryStore();
  const note = (tag: string, digest: Digest | undefined, who: string): void => {
    const past = history.get(tag) ?? [];
    history.set(tag, past);
    if (past.at(-1)?.digest === digest) return;
    past.push({ atMs: scheduler.timeMs(), digest });
    options.onTag?.({ tag, digest, who });
  };
  const server: Server = {
    scheduler,
    content,
    history,
    isConditional: options.isConditional ?? false,
    lagMs: options.lagMs ?? 2_000,
    faults: options.faults ?? (() => noNetworkFaults),
    writing: (who) => ({
      async tag(manifest, tag, condition) {
        const pushed = await content.tag(manifest, tag, condition === undefined ? {} : { condition });
        note(tag, manifest.descriptor.digest, who);
        return pushed;
      },
      async untag(tag) {
        await content.untag(tag);
        note(tag, undefined, who);
      },
      async delete(target) {
        await content.delete(target);
        for (const [tag, past] of history) if (past.at(-1)?.digest === target.digest) note(tag, undefined, who);
      },
    }),
  };
  const attacker = server.writing('attacker');
  return {
    storeFor: (process) => storeOf(process, server),
    direct: {
      ...content,
      ...attacker,
      tag: (manifest, tag, { condition } = {}) => attacker.tag(manifest, tag, condition),
    },
    historyOf: (tag) => (history.get(tag) ?? []).map(({ digest }) => digest),
  };
}

interface Server {
  readonly scheduler: Scheduler;
  readonly content: Store;
  readonly history: ReadonlyMap<string, readonly Named[]>;
  readonly isConditional: boolean;
  readonly lagMs: number;
  readonly faults: () => NetworkFaults;
  readonly writing: (who: string) => Writing;
}

interface Writing extends Pick<Store, 'untag' | 'delete'> {
  readonly tag: (manifest: Resolved, tag: string, condition: TagCondition | undefined) => ReturnType<Store['tag']>;
}

function storeOf(process: Process, server: Server): Store {
  const { content, isConditional } = server;
  const writing = server.writing(process.name);
  const read = <T>(what: string, perform: (viewMs: number) => Promise<T>, options: ReadOptions | undefined) =>
    send(process, server, { what, perform: () => perform(viewOf(server, server.faults().staleRead)) }, options?.signal);
  const write = <T>(
    what: string,
    perform: () => Promise<T>,
    { signal, ...how }: { signal?: AbortSignal; once?: boolean } = {},
  ) => send(process, server, { what, perform, isWrite: true, ...how }, signal);
  return {
    resolve: (tagOrDigest, options) =>
      read(`GET ${shown(tagOrDigest)}`, (viewMs) => resolveAt(server, tagOrDigest, { viewMs, ...options }), options),
    fetch: (target, options) => read(`GET ${shown(target.digest)}`, () => content.fetch(target), options),
    open: (target, options) => read(`GET ${shown(target.digest)}`, () => content.open(target), options),
    exists: (target, options) => read(`HEAD ${shown(target.digest)}`, () => content.exists(target), options),
    async *referrers(subject, options) {
      const all = () => listOf(content.referrers(subject, options));
      yield* await read(`GET referrers of ${shown(subject.digest)}`, all, options);
    },
    async *tags(options) {
      const { staleList } = server.faults();
      const list = async (): Promise<readonly string[]> => tagsAt(server, viewOf(server, staleList));
      yield* await send(process, server, { what: 'GET the list of tags', perform: list }, options?.signal);
    },
    push: (bytes, as, options) => write(`PUT ${shown(as.digest)}`, () => content.push(bytes, as), options),
    async pushStream(pieces, as, options) {
      const bytes = Buffer.concat(await listOf(pieces));
      await write(`PUT ${shown(as.digest)}`, () => content.push(bytes, as), options);
    },
    mount: (_blob, _from, options) => write('POST a mount', async () => false, options),
    async tag(manifest, tag, { condition, beforeWrite, ...how } = {}) {
      const held = isConditional ? condition : undefined;
      if (condition !== undefined && !isConditional) {
        const now = () => digestAt(server, tag, viewOf(server, server.faults().staleRead)) ?? null;
        const found = await read(`HEAD ${tag}`, async () => now(), how);
        if (found !== condition.expected) throw new RegistryError('CONFLICT', `tag ${tag} names ${found}`);
      }
      beforeWrite?.();
      return write(`PUT ${tag} ${shown(manifest.descriptor.digest)}`, () => writing.tag(manifest, tag, held), how);
    },
    delete: (target, options) => write(`DELETE ${shown(target.digest)}`, () => writing.delete(target), options),
    untag: (tag, options) => write(`DELETE ${tag}`, () => writing.untag(tag), options),
  };
}

/** The moment that an answer shows: now, or some while ago. */
function viewOf({ scheduler: { dice, timeMs }, lagMs }: Server, probability: number): number {
  return dice.chance(probability) ? timeMs() - dice.next() * lagMs : timeMs();
}

function digestAt({ history }: Server, tag: string, viewMs: number): Digest | undefined {
  return history.get(tag)?.findLast(({ atMs }) => atMs <= viewMs)?.digest;
}

function tagsAt(server: Server, viewMs: number): readonly string[] {
  return [...server.history.keys()].filter((tag) => digestAt(server, tag, viewMs) !== undefined);
}

/** How long after a write a tag may not be readable, milliseconds. */
const stutterMs = 60;

async function resolveAt(
  server: Server,
  tagOrDigest: string,
  { viewMs, known }: { readonly viewMs: number; readonly known?: Resolved },
): Promise<Resolved> {
  const dateMs = Math.floor(server.scheduler.timeMs() / 1000) * 1000;
  const question = known === undefined ? {} : { known };
  const digest = isDigest(tagOrDigest) ? tagOrDigest : namedAt(server, tagOrDigest, viewMs);
  const resolved = await server.content.resolve(digest, question);
  return resolved === known ? known : { ...resolved, dateMs };
}

/** @throws {RegistryError} NOT_FOUND, SERVER_ERROR */
function namedAt(server: Server, tag: string, viewMs: number): Digest {
  const { scheduler, history, faults } = server;
  const last = history.get(tag)?.at(-1)?.atMs ?? Number.NEGATIVE_INFINITY;
  if (scheduler.timeMs() - last < stutterMs && scheduler.dice.chance(faults().stutter)) {
    const code = scheduler.dice.chance(0.5) ? 'NOT_FOUND' : 'SERVER_ERROR';
    throw new RegistryError(code, `tag ${tag} is being overwritten`);
  }
  const digest = digestAt(server, tag, viewMs);
  if (digest === undefined) throw new RegistryError('NOT_FOUND', `tag ${tag} is not there`);
  return digest;
}

interface Request<T> {
  readonly what: string;
  readonly perform: () => Promise<T>;
  readonly isWrite?: boolean;
  /** Never sent again by itself. */
  readonly once?: boolean;
}

/** How long a client waits for an answer at most, milliseconds. */
const patienceMs = 10_000;

function send<T>(process: Process, server: Server, request: Request<T>, signal: AbortSignal | undefined): Promise<T> {
  const { scheduler } = server;
  const { dice } = scheduler;
  const faults = server.faults();
  const { what, perform, isWrite = false, once = false } = request;
  const arrive = (delayMs: number, then: (settled: PromiseSettledResult<T>) => void): void =>
    scheduler.after(delayMs, `${what} of ${process.name} arrives`, async () => {
      const [settled] = await Promise.allSettled([perform()]);
      then(settled);
    });
  return process.step<T>((answer) => {
    const fail = (delayMs: number, code: 'UNREACHABLE' | 'TIMEOUT'): void =>
      answer(delayMs, `${what}: ${code}`, () => {
        throw new RegistryError(code, `${what}: no answer`);
      });
    const answerWith = (settled: PromiseSettledResult<T>): void =>
      answer(latency(dice), `${what}: ${outcomeOf(settled)}`, () => {
        if (settled.status === 'rejected') throw settled.reason;
        return settled.value;
      });
    if (dice.chance(faults.lose)) return fail(latency(dice), 'UNREACHABLE');
    if (dice.chance(faults.loseAnswer)) {
      arrive(latency(dice), () => undefined);
      return fail(patienceMs * dice.next() + latency(dice), 'UNREACHABLE');
    }
    if (dice.chance(faults.delay)) {
      arrive(patienceMs + someTime(dice), () => undefined);
      return fail(patienceMs, 'TIMEOUT');
    }
    if (isWrite && !once && dice.chance(faults.repeat))
      arrive(latency(dice) + patienceMs * dice.next(), () => undefined);
    const heldMs = dice.chance(faults.hold) ? someTime(dice) : 0;
    if (heldMs > 0) process.suspend(heldMs, dice.chance(0.5));
    arrive(heldMs + latency(dice), answerWith);
  }, signal);
}

/** One way, milliseconds: mostly short, sometimes long, so that any two requests can come in either order. */
function latency(dice: Dice): number {
  const unit = dice.next();
  if (unit < 0.8) return 1 + 40 * dice.next();
  return unit < 0.97 ? 10 + 400 * dice.next() : 3_000 * dice.next();
}

function outcomeOf(settled: PromiseSettledResult<unknown>): string {
  if (settled.status === 'fulfilled') return 'well';
  return settled.reason instanceof RegistryError ? settled.reason.code : String(settled.reason);
}

/** Digests in a trace: as short as tells them apart. */
function shown(tagOrDigest: string): string {
  return isDigest(tagOrDigest) ? tagOrDigest.slice(7, 15) : tagOrDigest;
}

/** All that an iteration brings. */
export async function listOf<T>(iteration: AsyncIterable<T>): Promise<readonly T[]> {
  const list: T[] = [];
  for await (const each of iteration) list.push(each);
  return list;
}
