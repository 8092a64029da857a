import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { havePeers } from '../../support/peers.ts';
import { startValkey, type ValkeyServer } from '../../support/valkey.ts';
import { type Random, seeded } from '../kill/seeded.ts';
import { type Fault, faults, valkeyFaults } from './faults.ts';
import { type Counts, type Load, type LoadOptions, startLoad } from './load.ts';
import { createTriedServer, shortLifetimes } from './server.ts';
import { createStage, type Stage } from './stage.ts';
import { createWorld, type World } from './world.ts';

/** How long is tried. */
export interface TrialOptions extends Omit<LoadOptions, 'random'> {
  readonly seed: number;
  /** Answers under each fault by itself; afterwards everything must be as before. */
  readonly answersEach: number;
  /** Whether so many combinations of faults, in so many milliseconds, are enough. */
  readonly isEnough: (combinations: number, ms: number) => boolean;
  /** As {@link World} has it. */
  readonly largeBodies: number;
  /** Told when a part is over, and how long it took until everything was as before, milliseconds. */
  readonly onPart?: (what: string, counts: Counts | undefined, recoveredMs: number) => void;
}

/** What came of it. */
export interface TrialResult {
  /** What must never be. */
  readonly faults: readonly string[];
  readonly counts: ReadonlyMap<string, Counts>;
  /** How often several faults were there at the same time. */
  readonly combinations: number;
  /** The most MiB that the server held. */
  readonly memoryMiB: number;
}

/** Tries the server with each fault by itself and then with several, under load all the time. */
export async function tryServer(options: TrialOptions): Promise<TrialResult> {
  const stage = await createStage();
  const valkey = havePeers(['valkey-server']) ? await startValkey() : undefined;
  const server = await createTriedServer(stage, [...shortLifetimes, ...sharedBy(stage, valkey)]);
  await server.start();
  const { largeBodies } = options;
  const world = createWorld(stage, server, { largeBodies, ...(valkey === undefined ? {} : { valkey }) });
  const all = valkey === undefined ? faults : [...faults, ...valkeyFaults];
  const random = seeded(options.seed);
  const load = startLoad(world, { ...options, random: seeded(options.seed + 1) });
  const trial: Trial = { world, load, options, failures: [] };
  const mover = startMover(world);
  try {
    await recover(trial, 'the start');
    for (const fault of all) await together(trial, [fault]);
    const combinations = await combined(trial, all, random);
    return {
      faults: [...trial.failures, ...load.faults],
      counts: load.counts,
      combinations,
      memoryMiB: server.mostMemory(),
    };
  } finally {
    await mover.stop();
    await load.stop();
    await server.end('SIGTERM');
    await valkey?.stop();
    await stage.stop();
  }
}

function sharedBy({ dir }: Stage, valkey: ValkeyServer | undefined): readonly string[] {
  if (valkey === undefined) return [];
  const file = join(dir, 'valkey-secret');
  writeFileSync(file, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600 });
  return ['--valkey', valkey.url, '--valkey-secret-file', file];
}

interface Trial {
  readonly world: World;
  readonly load: Load;
  readonly options: TrialOptions;
  /** What the faults themselves found, or that one could not be had. */
  readonly failures: string[];
}

/** Several faults until so many answers came, then none until everything is as it was. */
async function together(trial: Trial, chosen: readonly Fault[]): Promise<void> {
  const { world, load, options, failures } = trial;
  const what = chosen.map(({ name }) => name).join(' + ');
  const begun: Fault[] = [];
  load.during(what);
  try {
    for (const fault of chosen) {
      if (fault.trouble !== 'none') world.trouble.begin(worstOf([...begun, fault]));
      begun.push(fault);
      await fault.begin(world);
    }
    await load.answered(options.answersEach);
  } catch (error) {
    failures.push(`${what}: ${String(error)}`);
  }
  for (const fault of begun.toReversed())
    await fault.end(world).catch((error: unknown) => void failures.push(`end of ${fault.name}: ${String(error)}`));
  const endedMs = performance.now();
  load.during(`after ${what}`);
  if (begun.some(({ trouble }) => trouble !== 'none')) await recover(trial, what);
  options.onPart?.(what, load.counts.get(what), performance.now() - endedMs);
  await load.answered(options.answersEach);
}

function worstOf(chosen: readonly Fault[]): Fault['trouble'] {
  return chosen.some(({ trouble }) => trouble === 'lied to')
    ? 'lied to'
    : chosen.some(({ trouble }) => trouble === 'unreadable')
      ? 'unreadable'
      : 'none';
}

/** Long enough for what was kept of the time of trouble, and for a registry that asked to be left alone. */
const recoverMs = 15_000;

/** Everything is answered rightly again, in bounded time; from then on nothing else is. */
async function recover({ world, load, failures }: Trial, what: string): Promise<void> {
  const endMs = performance.now() + recoverMs;
  for (;;) {
    const wrong = await load.askAll();
    if (wrong.length === 0) break;
    if (performance.now() > endMs) {
      failures.push(`after ${what} it is not as before: ${wrong[0]}`);
      break;
    }
    await sleep(200);
  }
  world.trouble.begin('none');
  world.trouble.settle();
}

/** Faults of different parts, as the seed chooses them. */
async function combined(trial: Trial, all: readonly Fault[], random: Random): Promise<number> {
  const startMs = performance.now();
  let count = 0;
  for (; !trial.options.isEnough(count, performance.now() - startMs); count += 1)
    await together(trial, choose(all, random));
  return count;
}

function choose(all: readonly Fault[], random: Random): readonly Fault[] {
  const mixed = all.toSorted(() => random() - 0.5);
  const byPart = [...new Map(mixed.map((fault) => [fault.part, fault])).values()];
  const chosen = byPart.slice(0, 2 + Math.floor(random() * 3));
  // What cannot be started is not ended.
  const isStuck = chosen.some(({ isUnstartable }) => isUnstartable === true);
  return isStuck ? chosen.filter(({ part }) => part !== 'process') : chosen;
}

/** Moves a tag between a signed and an unsigned image all the time. */
function startMover({ stage }: World): { readonly stop: () => Promise<void> } {
  let isOn = true;
  const run = async (): Promise<void> => {
    for (let isSigned = false; isOn; isSigned = !isSigned) {
      await stage.move(isSigned);
      await sleep(100);
    }
  };
  const running = run();
  return {
    async stop() {
      isOn = false;
      await running;
    },
  };
}
