import { createMemoryStore, type Digest, type Resolved, type Source, type Store } from '@signet/oci';
import { HEAD_TAG, judgeFile, memoryPlace, readHead, type StatePlace } from '@signet/signed-tags';
import { noRefusals, type Policy } from '@signet/verifier';
import { type Checks, createChecks, type PastHead, Violation } from './checks.ts';
import type { Left } from './ledger.ts';
import { type Person, sourceOf } from './people.ts';
import { firstTerms, type Machine, type Plan } from './plan.ts';
import { collection, images, policyOf, type Terms } from './policies.ts';
import { createSimulatedRegistry, noNetworkFaults, type SimulatedRegistry } from './registry.ts';
import { beginMs, noProcessFaults, type Outcome, type Process, type Scheduler } from './scheduler.ts';

/** All that there is in one simulation. */
export interface World {
  readonly scheduler: Scheduler;
  readonly plan: Plan;
  readonly registry: SimulatedRegistry;
  readonly checks: Checks;
  /** Every journal entry that ever was, by its tag. */
  readonly journal: ReadonlyMap<string, Resolved>;
  /** Of the policy that is in force. */
  readonly terms: () => Terms;
  readonly left: Left;
  /** Where the catalogue was taken out to. */
  readonly exported: Store;
  /** Nothing goes wrong while this is true. */
  isCalm: boolean;
  /** Some program has crashed or failed. */
  isTroubled: boolean;
  /** What the machine has in its folder of state. */
  readonly placeOf: (machine: Machine) => StatePlace;
  /** Errors of programs that no registry and no catalogue explains. */
  readonly errors: unknown[];
  /** Looks at the heads that are new. @throws {Violation} */
  readonly look: () => Promise<void>;
}

/** What a program has to do with. */
export interface Desk {
  readonly machine: Machine;
  readonly process: Process;
  readonly store: Store;
  readonly place: StatePlace;
  /** The policy when the program began: it is read once. */
  readonly terms: Terms;
  readonly policy: Policy;
}

export async function createWorld(scheduler: Scheduler, plan: Plan): Promise<World> {
  const fresh: { readonly tag: string; readonly digest: Digest; readonly who: string }[] = [];
  const journal = new Map<string, Resolved>();
  const places = new Map<string, StatePlace>();
  const registry = createSimulatedRegistry(scheduler, {
    faults: () => (world.isCalm ? noNetworkFaults : plan.network),
    isConditional: plan.isConditional,
    onTag: ({ tag, digest, who }) => {
      if (digest !== undefined) fresh.push({ tag, digest, who });
    },
  });
  for (const image of images) await registry.direct.push(image.bytes, image.descriptor);
  const world: World = {
    scheduler,
    plan,
    registry,
    checks: createChecks(),
    journal,
    exported: createMemoryStore(),
    left: { statements: new Map(), notices: new Map() },
    isCalm: false,
    isTroubled: false,
    errors: [],
    terms: () => termsAt(plan, scheduler.timeMs() - beginMs),
    placeOf: (machine) => {
      const place = machine.isForgetful ? memoryPlace() : (places.get(machine.name) ?? memoryPlace());
      places.set(machine.name, place);
      return place;
    },
    async look() {
      for (const { tag, digest, who } of fresh.splice(0)) {
        if (tag === HEAD_TAG) world.checks.heads.push(await judgeHead(registry.direct, digest, who));
        else journal.set(tag, await registry.direct.resolve(digest));
      }
      if (world.errors.length > 0) throw world.errors[0];
    },
  };
  return world;
}

/** A program of this machine. `onEnd` learns how it ended. */
export function runProgram<T>(
  world: World,
  machine: Machine,
  what: {
    readonly name: string;
    readonly run: (desk: Desk) => Promise<T>;
    readonly onEnd?: (outcome: Outcome<T>) => void;
  },
): void {
  const { scheduler, registry, plan } = world;
  const terms = world.terms();
  scheduler.spawn<T>({
    name: `${machine.name}, ${what.name}`,
    skewMs: () => skewOf(machine, scheduler.timeMs() - beginMs),
    faults: () => (world.isCalm ? noProcessFaults : plan.process),
    run: (process) =>
      what.run({
        machine,
        process,
        store: registry.storeFor(process),
        place: slowPlace(world.placeOf(machine), process),
        terms,
        policy: policyOf(terms),
      }),
    onEnd(outcome) {
      try {
        what.onEnd?.(outcome);
      } catch (error) {
        world.errors.push(error);
      }
    },
  });
}

function termsAt({ changes }: Plan, atMs: number): Terms {
  return changes.findLast((change) => change.atMs <= atMs)?.terms ?? firstTerms;
}

function skewOf({ skewMs, step }: Machine, atMs: number): number {
  return step !== undefined && step.atMs <= atMs ? step.skewMs : skewMs;
}

/** Reading and writing files takes a while, too: a program can crash before and after. */
function slowPlace(place: StatePlace, { step, pace }: Process): StatePlace {
  const slowly = async <T>(what: string, act: () => Promise<T>): Promise<T> => {
    const done = await step<Promise<T>>((answer) => answer(pace.random(), what, act));
    await step<void>((answer) => answer(pace.random(), `${what}: done`, () => undefined));
    return done;
  };
  return {
    read: () => slowly('reads its state', () => place.read()),
    merge: (state) => slowly('saves its state', () => place.merge(state)),
  };
}

const everyPublisher: readonly Person[] = ['publisher', 'successor'];

/** Who signed a head. @throws {Violation} where nobody did, or it cannot be read */
async function judgeHead(source: Source, digest: Digest, who: string): Promise<PastHead> {
  const only: Source = { ...source, resolve: (_, options) => source.resolve(digest, options) };
  const pace = { wait: () => Promise.resolve(), clock: () => 0, random: () => 0 };
  const head = await readHead(only, { pace });
  if (head === undefined) throw new Violation(`${who} has put a head that is not there`);
  const judged = await Promise.all(
    everyPublisher.map(async (person) => {
      const signedBy = { kind: 'source', source: sourceOf(person) } as const;
      return { person, judgement: await judgeFile(head, { collection, signedBy, refuse: noRefusals }) };
    }),
  );
  const trusted = judged.flatMap(({ person, judgement }) =>
    judgement.kind === 'trusted' ? [{ person, catalogue: judgement.catalogue }] : [],
  );
  const [first] = trusted;
  if (first === undefined)
    throw new Violation(`${who} has put a head that nobody can trust: ${JSON.stringify(judged)}`);
  const { file } = head;
  return { digest, file, who, catalogue: first.catalogue, signedBy: trusted.map(({ person }) => person) };
}
