import type { Pace } from '@signet/core';
import { RegistryError } from '@signet/oci';
import { createDice, type Dice } from './dice.ts';

/** What can befall a process between two of its steps: how likely each is, from 0 to 1. */
export interface ProcessFaults {
  /** It ends at once, and nothing of it is ever heard of again. */
  readonly crash: number;
  /** It stands still for minutes to hours. */
  readonly suspend: number;
}

export const noProcessFaults: ProcessFaults = { crash: 0, suspend: 0 };

/** How a process ended. */
export type Outcome<T> =
  | { readonly kind: 'ended'; readonly value: T }
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'crashed' };

/** A running program, with the clocks that it sees. */
export interface Process {
  readonly name: string;
  readonly pace: Pace;
  /** Wall clock, milliseconds since 1970 UTC: it may be wrong, and be put forward or back. */
  readonly now: () => number;
  readonly isRunning: () => boolean;
  /**
   * One step: `begin` sets something going, and the process goes on when `answer` was called and the time came, unless it has crashed by
   * then. What `settle` throws is what the process catches.
   */
  readonly step: <T>(begin: (answer: Answer<T>) => void, signal?: AbortSignal) => Promise<T>;
  /** Stands still from now on for this long; `isAsleep`: the monotonic clock, too, as on a machine that was suspended. */
  readonly suspend: (milliseconds: number, isAsleep: boolean) => void;
}

export type Answer<T> = (delayMs: number, what: string, settle: () => T) => void;

/** A program to be run. */
export interface Program<T> {
  readonly name: string;
  /** How far its wall clock is from the true time, at each moment: milliseconds. */
  readonly skewMs?: () => number;
  /** Asked at every step; default: none. */
  readonly faults?: () => ProcessFaults;
  readonly run: (process: Process) => Promise<T>;
  readonly onEnd?: (outcome: Outcome<T>) => void;
}

/** Runs programs one step at a time, in an order that the seed alone decides. */
export interface Scheduler {
  readonly dice: Dice;
  /** The true time, milliseconds since 1970 UTC. */
  readonly timeMs: () => number;
  /** Something that happens outside of all processes. */
  readonly after: (delayMs: number, what: string, happen: () => void | Promise<void>) => void;
  readonly spawn: <T>(program: Program<T>) => Process;
  readonly log: (who: string, what: string) => void;
  /** Until nothing is left to happen; `check` is called after every step. @throws what `check` throws */
  readonly run: (check?: () => void | Promise<void>) => Promise<void>;
  /** How many there were. */
  readonly steps: () => number;
  /** What happened so far, a line each; empty unless it was asked for. */
  readonly trace: readonly string[];
}

/** The true time at which every simulation begins. */
export const beginMs: number = Date.UTC(2026, 0, 5, 9);

/** Steps of one simulation: more is a program that does not end. */
const maxSteps = 50_000;

interface Event {
  readonly atMs: number;
  /** Nobody waits for it any more: it does not happen. */
  readonly isOver?: () => boolean;
  readonly happen: () => void | Promise<void>;
}

/** `isTraced`: every event is written down. */
export function createScheduler(seed: number, { isTraced = false }: { readonly isTraced?: boolean } = {}): Scheduler {
  const dice = createDice(seed);
  const trace: string[] = [];
  const events: Event[] = [];
  const processes = new Set<Running>();
  let [timeMs, steps] = [beginMs, 0];

  const schedule = (event: Event): void => {
    const later = events.findLastIndex(({ atMs }) => atMs > event.atMs);
    events.splice(later + 1, 0, event);
  };
  const log: Scheduler['log'] = (who, what) => {
    if (isTraced) trace.push(`${shownTime(timeMs)} ${who}: ${what}`);
  };
  const world: World = { dice, schedule, log, timeMs: () => timeMs };

  return {
    dice,
    trace,
    log,
    timeMs: () => timeMs,
    steps: () => steps,
    after: (delayMs, what, happen) =>
      schedule({
        atMs: timeMs + delayMs,
        happen() {
          log('world', what);
          return happen();
        },
      }),
    spawn: (program) => {
      const running = startProcess(program, world);
      processes.add(running);
      return running.process;
    },
    async run(check = () => undefined) {
      for (;;) {
        await settled(processes);
        await check();
        const event = nextOf(events);
        if (event === undefined) return;
        steps += 1;
        if (steps > maxSteps) throw new Error(`not at an end after ${maxSteps} steps`);
        timeMs = Math.max(timeMs, event.atMs);
        await event.happen();
      }
    },
  };
}

function nextOf(events: Event[]): Event | undefined {
  const event = events.pop();
  return event?.isOver?.() === true ? nextOf(events) : event;
}

interface World {
  readonly dice: Dice;
  readonly timeMs: () => number;
  readonly schedule: (event: Event) => void;
  readonly log: Scheduler['log'];
}

interface Running {
  readonly process: Process;
  /** `busy`: it waits for nothing that an event will bring. */
  readonly state: () => 'busy' | 'waiting' | 'over';
}

function startProcess<T>(program: Program<T>, world: World): Running {
  const { name, skewMs = () => 0, faults = () => noProcessFaults, onEnd = () => undefined } = program;
  const { dice, log, schedule, timeMs } = world;
  let [isRunning, waiting, standsUntilMs, sleptMs] = [true, 0, 0, 0];

  const end = (outcome: Outcome<T>): void => {
    if (!isRunning) return;
    isRunning = false;
    log(name, outcome.kind === 'failed' ? `failed: ${outcome.error}` : outcome.kind);
    onEnd(outcome);
  };
  const suspend = (milliseconds: number, isAsleep: boolean): void => {
    log(name, `stands still for ${Math.round(milliseconds / 1000)} s${isAsleep ? ', its machine asleep' : ''}`);
    standsUntilMs = timeMs() + milliseconds;
    if (isAsleep) sleptMs += milliseconds;
  };
  /** The process goes on, unless something befalls it first. */
  const wake = (what: string, goOn: () => void): void => {
    if (!isRunning) return;
    if (standsUntilMs <= timeMs()) {
      const { crash, suspend: still } = faults();
      if (dice.chance(crash)) {
        end({ kind: 'crashed' });
        return;
      }
      if (dice.chance(still)) suspend(someTime(dice), dice.chance(0.5));
    }
    if (standsUntilMs > timeMs()) {
      schedule({ atMs: standsUntilMs, happen: () => wake(what, goOn) });
      return;
    }
    log(name, what);
    goOn();
  };
  const step: Process['step'] = (begin, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(aborted(signal));
      let isOpen = true;
      waiting += 1;
      const close = (): boolean => {
        const was = isOpen;
        isOpen = false;
        if (was) waiting -= 1;
        signal?.removeEventListener('abort', giveUp);
        return was;
      };
      const giveUp = (): void => {
        if (close()) reject(aborted(signal));
      };
      signal?.addEventListener('abort', giveUp);
      begin((delayMs, what, settle) =>
        schedule({
          atMs: timeMs() + delayMs,
          isOver: () => !isOpen || !isRunning,
          happen: () =>
            wake(what, () => {
              if (!close()) return;
              try {
                resolve(settle());
              } catch (error) {
                reject(error);
              }
            }),
        }),
      );
    });

  const process: Process = {
    name,
    step,
    suspend,
    isRunning: () => isRunning,
    now: () => Math.floor(timeMs() + skewMs()),
    pace: {
      wait: (milliseconds, signal) =>
        step(
          (answer) => answer(milliseconds + dice.next(), `waited ${Math.round(milliseconds)} ms`, () => undefined),
          signal,
        ),
      clock: () => timeMs() - sleptMs,
      random: dice.next,
    },
  };
  log(name, 'starts');
  program.run(process).then(
    (value) => end({ kind: 'ended', value }),
    (error: unknown) => end({ kind: 'failed', error }),
  );
  return {
    process,
    state: () => (!isRunning ? 'over' : waiting === 0 ? 'busy' : 'waiting'),
  };
}

/** Seconds up to hours, each order of magnitude as often. */
export function someTime(dice: Dice): number {
  return 10 ** (3 + 4.1 * dice.next());
}

/** Turns of the event loop that a process may take for one step: a module that is loaded late needs some. */
const maxTurns = 2_000;

/**
 * Until every process waits for an event, or is over. Programs go on in microtasks, which are all done after one turn; more turns change no
 * order, since only the process that was woken last is at work.
 * @throws {Error} where one waits for something that no event will bring
 */
async function settled(processes: Set<Running>): Promise<void> {
  for (let turns = 0; ; turns += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    for (const running of processes) if (running.state() === 'over') processes.delete(running);
    const busy = [...processes].find((running) => running.state() === 'busy');
    if (busy === undefined) return;
    if (turns > maxTurns)
      throw new Error(`${busy.process.name} waits for something that the simulation does not order`);
  }
}

function aborted(signal: AbortSignal | undefined): RegistryError {
  return new RegistryError('ABORTED', 'aborted by the caller', { cause: signal?.reason });
}

function shownTime(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, -1).replace('T', ' ');
}
