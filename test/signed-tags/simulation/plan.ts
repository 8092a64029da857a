import type { Digest } from '@signet/oci';
import type { Dice } from './dice.ts';
import type { Person } from './people.ts';
import { images, type Terms, tags } from './policies.ts';
import type { NetworkFaults } from './registry.ts';
import { noNetworkFaults } from './registry.ts';
import type { ProcessFaults } from './scheduler.ts';

/** What a writer, a reader or the publisher is told to do. */
export type Command =
  | { readonly kind: 'sign'; readonly tag: string; readonly digest: Digest }
  | { readonly kind: 'remove'; readonly tag: string }
  | { readonly kind: 'revoke'; readonly digest: Digest }
  | { readonly kind: 'publish' }
  /** Takes the catalogue out, and brings in what was taken out last. */
  | { readonly kind: 'export' }
  | { readonly kind: 'import' }
  | { readonly kind: 'ask'; readonly tag: string; readonly digest?: Digest };

/** A computer: its clock, its folder of state, and whose keys it holds. */
export interface Machine {
  readonly name: string;
  readonly role: 'writer' | 'reader' | 'publisher';
  /** Whose key it signs tags with. */
  readonly person?: Person;
  /** How far its wall clock is from the true time, milliseconds, and how far from some moment on. */
  readonly skewMs: number;
  readonly step?: { readonly atMs: number; readonly skewMs: number };
  /** Its folder of state is empty each time, as where a job starts on a new machine. */
  readonly isForgetful: boolean;
}

/** Something that a machine is told to do, milliseconds after the begin. */
export interface Act {
  readonly atMs: number;
  readonly machine: Machine;
  readonly command: Command;
}

/** What somebody does who should not, milliseconds after the begin. */
export interface Attack {
  readonly atMs: number;
  readonly by: 'signer' | 'publisher' | 'registry';
}

/** From some moment on, milliseconds after the begin, the policy is this. */
export interface Change {
  readonly atMs: number;
  readonly terms: Terms;
  /** The catalogue's key was stolen: what it alone vouches for is not worth anything any more, and the catalogue has to be made anew. */
  readonly isRecovery: boolean;
}

/** A world, and all that will happen in it but for the dice of the network. */
export interface Plan {
  readonly machines: readonly Machine[];
  readonly acts: readonly Act[];
  readonly attacks: readonly Attack[];
  readonly changes: readonly Change[];
  /** Writers leave it to the publisher to publish. */
  readonly isStaged: boolean;
  readonly isConditional: boolean;
  readonly network: NetworkFaults;
  readonly process: ProcessFaults;
  /** Signing times are whole multiples of this, milliseconds: those of different writers are the same more often. */
  readonly grainMs: number;
  /** How long writers wait after a write beside what the protocol does: at least as long as replicas lag, where they do. */
  readonly settleMs: number;
  readonly endMs: number;
}

export const firstTerms: Terms = { signers: ['alice', 'bob', 'carol'], publishers: ['publisher'] };

const [secondMs, minuteMs, hourMs, dayMs] = [1_000, 60_000, 3_600_000, 86_400_000];

/**
 * Draws a world. What can be wrong in it is drawn, too: a world in which everything is wrong finds less than many with some of it. Some worlds are
 * about one thing that seldom comes together by itself.
 */
export function drawPlan(dice: Dice): Plan {
  const theme = dice.pick([undefined, undefined, undefined, undefined, undefined, undefined, 'race', 'carry'] as const);
  const plan = drawAny(dice);
  if (theme === 'race') return asRace(dice, plan);
  return theme === 'carry' ? asCarrying(dice, plan) : plan;
}

/** Everybody writes at once, remembers nothing, is held up between two requests, and often does not learn what became of one. */
function asRace(dice: Dice, plan: Plan): Plan {
  const machines = plan.machines.map((machine) => ({ ...machine, isForgetful: machine.role === 'writer', skewMs: 0 }));
  const acts: Act[] = [];
  for (const moment of [0, 2 * hourMs])
    for (const machine of machines.filter(({ role }) => role === 'writer'))
      for (const after of [0, secondMs])
        acts.push({ atMs: moment + after + dice.next() * secondMs, machine, command: drawCommand(dice, machine) });
  return {
    ...plan,
    machines,
    acts,
    attacks: [],
    changes: [],
    isStaged: false,
    isConditional: false,
    network: { ...noNetworkFaults, loseAnswer: dice.pick([0, 0.1, 0.3]) },
    process: { crash: dice.pick([0, 0.01, 0.05]), suspend: dice.pick([0.05, 0.2]) },
    settleMs: 0,
    endMs: 2 * hourMs + 10 * minuteMs,
  };
}

/** The catalogue is taken out, goes on, and long after is brought in again by somebody who knows of nothing. */
function asCarrying(dice: Dice, plan: Plan): Plan {
  const machines = plan.machines.map(({ step: _, ...machine }) => ({ ...machine, skewMs: 0 }));
  const [publisher, ...writers] = machines.toSorted((a) => (a.role === 'publisher' ? -1 : 0));
  const act = (atMs: number, machine: Machine | undefined, command: Command): readonly Act[] =>
    machine === undefined ? [] : [{ atMs, machine, command }];
  const some = (): Machine => dice.pick(writers.filter(({ role }) => role === 'writer'));
  const acts = [0, 3 * hourMs].flatMap((moment) =>
    [1, 2, 3].flatMap((at) => {
      const machine = some();
      return act(moment + at * minuteMs, machine, drawCommand(dice, machine));
    }),
  );
  const importMs = 4 * hourMs;
  return {
    ...plan,
    machines,
    acts: [
      ...act(0, publisher, { kind: 'export' }),
      ...acts,
      ...act(importMs, some(), { kind: 'import' }),
      ...machines
        .filter(({ role }) => role === 'reader')
        .flatMap((reader) => act(importMs + minuteMs, reader, drawCommand(dice, reader))),
    ],
    attacks: [],
    changes: [],
    isStaged: false,
    endMs: importMs + 10 * minuteMs,
  };
}

function drawAny(dice: Dice): Plan {
  const moments = drawMoments(dice);
  const endMs = (moments.at(-1) ?? 0) + 10 * minuteMs;
  const machines = drawMachines(dice, endMs);
  const isStaged = dice.chance(0.4);
  return {
    machines,
    acts: drawActs(dice, { machines, moments }),
    ...drawTrouble(dice, endMs),
    isStaged,
    isConditional: dice.chance(0.25),
    network: drawFaults(dice, noNetworkFaults, { chance: 0.3, rates: [0.01, 0.03, 0.1] }),
    process: drawFaults(dice, { crash: 0, suspend: 0 }, { chance: 0.4, rates: [0.005, 0.01, 0.03] }),
    grainMs: dice.chance(0.3) ? 10 * secondMs : 1,
    settleMs: dice.chance(0.5) ? 0 : 2 * secondMs,
    endMs,
  };
}

/** When things happen, milliseconds after the begin: some within seconds, then nothing for minutes, hours, days or a month. */
function drawMoments(dice: Dice): readonly number[] {
  const gaps = [5 * secondMs, 2 * minuteMs, 40 * minuteMs, 2 * hourMs, 13 * hourMs, 3 * dayMs, 31 * dayMs];
  const moments = [0];
  for (let count = dice.between(1, 4); count > 0; count -= 1)
    moments.push((moments.at(-1) ?? 0) + dice.pick(gaps) * (0.7 + 0.6 * dice.next()));
  return moments;
}

function drawMachines(dice: Dice, endMs: number): readonly Machine[] {
  const clock = (): Pick<Machine, 'skewMs' | 'step'> => {
    const skewMs = dice.chance(0.5) ? 0 : drawSkew(dice);
    return dice.chance(0.1) ? { skewMs, step: { atMs: dice.next() * endMs, skewMs: drawSkew(dice) } } : { skewMs };
  };
  const writer = (name: string, person: Person): Machine => ({
    name,
    role: 'writer',
    person,
    isForgetful: dice.chance(0.2),
    ...clock(),
  });
  return [
    writer('writer 1', 'alice'),
    writer('writer 2', 'bob'),
    writer('writer 3', 'carol'),
    writer('writer 4', 'alice'),
    { name: 'publisher', role: 'publisher', isForgetful: false, ...clock() },
    { name: 'reader 1', role: 'reader', isForgetful: false, ...clock() },
    { name: 'reader 2', role: 'reader', isForgetful: false, ...clock() },
  ];
}

/** Mostly within what is allowed; sometimes days. */
function drawSkew(dice: Dice): number {
  const side = dice.chance(0.5) ? 1 : -1;
  return Math.floor(side * dice.next() * (dice.chance(0.15) ? 3 * dayMs : 4 * minuteMs));
}

/** Every moment each machine may do something, within a second or two. */
function drawActs(
  dice: Dice,
  { machines, moments }: { readonly machines: readonly Machine[]; readonly moments: readonly number[] },
): readonly Act[] {
  const acts: Act[] = [];
  for (const moment of moments)
    for (const machine of machines) {
      const count = dice.pick(machine.role === 'reader' ? [1, 2, 3] : machine.role === 'writer' ? [0, 1, 1] : [0, 1]);
      for (let at = 0; at < count; at += 1)
        acts.push({ atMs: moment + dice.next() * 2 * secondMs, machine, command: drawCommand(dice, machine) });
    }
  return acts;
}

function drawCommand(dice: Dice, { role }: Machine): Command {
  const tag = dice.pick(tags);
  const { digest } = dice.pick(images).descriptor;
  if (role === 'reader') return dice.chance(0.35) ? { kind: 'ask', tag, digest } : { kind: 'ask', tag };
  if (role === 'publisher') return { kind: dice.chance(0.15) ? 'export' : 'publish' };
  const kind = dice.next();
  if (kind < 0.65) return { kind: 'sign', tag, digest };
  if (kind < 0.8) return { kind: 'remove', tag };
  if (kind < 0.9) return { kind: 'revoke', digest };
  return kind < 0.95 ? { kind: 'publish' } : { kind: kind < 0.97 ? 'export' : 'import' };
}

/** Thieves, and what is done about them. */
function drawTrouble(dice: Dice, endMs: number): Pick<Plan, 'attacks' | 'changes'> {
  const by = dice.pick([undefined, undefined, 'signer', 'publisher', 'registry'] as const);
  const attacks: Attack[] = [];
  if (by !== undefined)
    for (let count = dice.between(1, 3); count > 0; count -= 1) attacks.push({ atMs: dice.next() * endMs, by });
  return { attacks, changes: drawChanges(dice, by, endMs) };
}

function drawChanges(dice: Dice, by: Attack['by'] | undefined, endMs: number): readonly Change[] {
  const atMs = dice.next() * endMs;
  const { signers } = firstTerms;
  const withoutAlice: Terms = { ...firstTerms, signers: signers.filter((name) => name !== 'alice') };
  const replaced: Terms = { ...firstTerms, publishers: ['successor'] };
  // A stolen key of the catalogue has to go in the end: until then its thief may withhold what he likes.
  if (by === 'publisher') return [{ atMs: endMs, terms: replaced, isRecovery: true }];
  const kind = dice.next();
  if (kind < 0.2) return [{ atMs, terms: withoutAlice, isRecovery: false }];
  if (kind > 0.3) return [];
  const overlap: Terms = { ...firstTerms, publishers: ['publisher', 'successor'] };
  return [
    { atMs, terms: overlap, isRecovery: false },
    { atMs: atMs + (endMs - atMs) * dice.next(), terms: replaced, isRecovery: false },
  ];
}

/** Each fault is there or not, and then now and then or often. */
function drawFaults<T extends object>(
  dice: Dice,
  none: T,
  { chance, rates }: { readonly chance: number; readonly rates: readonly number[] },
): T {
  const drawn = Object.keys(none).map((name) => [name, dice.chance(chance) ? dice.pick(rates) : 0]);
  return Object.fromEntries(drawn) as T;
}
