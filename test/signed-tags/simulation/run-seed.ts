import { RegistryError } from '@signet/oci';
import { init, stage, TagsError } from '@signet/signed-tags';
import { Violation } from './checks.ts';
import { commandName, type Job, perform, signTag, writerOptions } from './commands.ts';
import { endWorld, mustEnd } from './end-world.ts';
import { type Attack, drawPlan, type Machine } from './plan.ts';
import { collection, images, tags } from './policies.ts';
import { rememberSignatures } from './remember-signatures.ts';
import { createScheduler, someTime } from './scheduler.ts';
import { forgeHead, turnBack } from './thieves.ts';
import { createWorld, runProgram, type World } from './world.ts';

/** What became of one world. */
export interface SeedResult {
  /** What is wrong, where something is. */
  readonly violation?: string;
  readonly steps: number;
  /** What happened, a line each; empty unless it was asked for. */
  readonly trace: readonly string[];
}

rememberSignatures();

/** Draws a world and lets it happen: the same for the same seed. */
export async function runSeed(seed: number, options: { readonly isTraced?: boolean } = {}): Promise<SeedResult> {
  const scheduler = createScheduler(seed, options);
  try {
    const world = await createWorld(scheduler, drawPlan(scheduler.dice));
    await beginWorld(world);
    for (const { atMs, machine, command } of world.plan.acts)
      scheduler.after(atMs, `time for ${machine.name}`, () => start(world, machine, { command }));
    for (const { atMs, by } of world.plan.attacks) scheduler.after(atMs, 'an attack', () => attack(world, by));
    await scheduler.run(world.look);
    await endWorld(world);
  } catch (error) {
    const violation = error instanceof Violation ? error.message : textOf(error);
    return { violation, steps: scheduler.steps(), trace: scheduler.trace };
  }
  return { steps: scheduler.steps(), trace: scheduler.trace };
}

/** The first catalogue, with a tag that one has signed and one that two have. */
async function beginWorld(world: World): Promise<void> {
  const publisher = world.plan.machines.find(({ role }) => role === 'publisher');
  const [image] = images;
  if (publisher === undefined || image === undefined) throw new RangeError('a world needs a publisher and an image');
  world.isCalm = true;
  runProgram(
    world,
    { ...publisher, skewMs: 0 },
    {
      name: 'begin',
      run: async (desk) => {
        const nowMs = desk.process.now();
        const said = { digest: image.descriptor.digest, signedAtMs: nowMs, terms: desk.terms };
        const signed = [
          await signTag(world, { ...said, tag: 'one', by: 'alice' }),
          await signTag(world, { ...said, tag: 'two', by: 'alice' }),
          await signTag(world, { ...said, tag: 'two', by: 'bob' }),
        ];
        await init({ ...writerOptions(world, desk), operations: signed.map(({ operation }) => operation) });
      },
      onEnd: mustEnd,
    },
  );
  await world.scheduler.run(world.look);
  world.isCalm = false;
}

/** How often a machine tries again what came to nothing. */
const maxTries = 3;

function start(world: World, machine: Machine, job: Job, tries = 1): void {
  const { dice, after } = world.scheduler;
  runProgram(world, machine, {
    name: commandName(job.command),
    run: (desk) => perform(world, desk, job),
    onEnd(outcome) {
      if (outcome.kind === 'ended') return;
      world.isTroubled = true;
      if (outcome.kind === 'failed' && !(outcome.error instanceof RegistryError || outcome.error instanceof TagsError))
        throw outcome.error;
      if (tries >= maxTries || dice.chance(0.4)) return;
      const again: Job = dice.chance(0.5) ? job : { command: job.command };
      after(someTime(dice), `${machine.name} tries again`, () => start(world, machine, again, tries + 1));
    },
  });
}

const thief: Machine = { name: 'thief', role: 'writer', skewMs: 0, isForgetful: true };
/** How far ahead a thief may date what he signs, milliseconds: what is later does not count. */
const aheadMs = 4 * 60_000;

async function attack(world: World, by: Attack['by']): Promise<void> {
  if (by === 'publisher') return await forgeHead(world);
  if (by === 'registry') return await turnBack(world);
  const { dice } = world.scheduler;
  const said = { by: 'alice', tag: dice.pick(tags), digest: dice.pick(images).descriptor.digest } as const;
  runProgram(world, thief, {
    name: `signs ${said.tag}`,
    run: async (desk) => {
      const nowMs = desk.process.now();
      const signedAtMs = nowMs + dice.between(0, aheadMs);
      const { operation } = await signTag(world, { ...said, signedAtMs, terms: desk.terms });
      await stage({ ...writerOptions(world, desk), collection, operations: [operation] });
    },
  });
}

function textOf(error: unknown): string {
  return String(error instanceof Error ? error.stack : error);
}
