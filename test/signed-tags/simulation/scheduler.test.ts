import { type Digest, digestOf, encodeManifest, RegistryError, type Store } from '@signet/oci';
import { describe, expect, it } from 'vitest';
import {
  createSimulatedRegistry,
  listOf,
  type NetworkFaults,
  noNetworkFaults,
  type RegistryOptions,
} from './registry.ts';
import { createScheduler, noProcessFaults, type Outcome, type ProcessFaults } from './scheduler.ts';

/** Names that are kept by reading the list, adding to it, and writing it back: what a registry that cannot compare and swap loses. */
async function readNames(store: Store): Promise<{ readonly names: readonly string[]; readonly digest: Digest | null }> {
  try {
    const { descriptor, bytes } = await store.resolve('list');
    return { names: JSON.parse(Buffer.from(bytes).toString()).annotations.names.split(' '), digest: descriptor.digest };
  } catch (error) {
    if (error instanceof RegistryError && error.code === 'NOT_FOUND') return { names: [], digest: null };
    throw error;
  }
}

async function addName(store: Store, name: string, isSwap: boolean): Promise<void> {
  const { names, digest } = await readNames(store);
  const annotations = { names: [...names, name].join(' ') };
  const manifest = encodeManifest({ kind: 'manifest', artifactType: 'application/x-list', annotations });
  try {
    await store.tag(manifest, 'list', isSwap ? { condition: { expected: digest } } : {});
  } catch (error) {
    if (!isSwap || !(error instanceof RegistryError) || error.code !== 'CONFLICT') throw error;
    await addName(store, name, isSwap);
  }
}

interface Setting extends Omit<RegistryOptions, 'faults'> {
  readonly seed: number;
  readonly isSwap?: boolean;
  readonly isTraced?: boolean;
  readonly network?: Partial<NetworkFaults>;
  readonly process?: Partial<ProcessFaults>;
}

const writers = ['a', 'b', 'c', 'd'];

/** Every writer adds its name once, all at the same time. */
async function race({ seed, isSwap = false, isTraced = false, network, process: faults, ...options }: Setting) {
  const scheduler = createScheduler(seed, { isTraced });
  const registry = createSimulatedRegistry(scheduler, {
    ...options,
    faults: () => ({ ...noNetworkFaults, ...network }),
  });
  const outcomes = new Map<string, Outcome<void>>();
  for (const name of writers)
    scheduler.spawn({
      name,
      faults: () => ({ ...noProcessFaults, ...faults }),
      run: (process) => addName(registry.storeFor(process), name, isSwap),
      onEnd: (outcome) => outcomes.set(name, outcome),
    });
  await scheduler.run();
  const { names } = await readNames(registry.direct);
  const done = writers.filter((name) => outcomes.get(name)?.kind === 'ended');
  return { names, outcomes, lost: done.filter((name) => !names.includes(name)), trace: scheduler.trace, scheduler };
}

const seeds = Array.from({ length: 40 }, (_, seed) => seed);
const races = (setting: Omit<Setting, 'seed'>) => Promise.all(seeds.map((seed) => race({ ...setting, seed })));

describe('the simulation', () => {
  it('finds that reading, adding and writing back loses what others wrote', async () => {
    const all = await races({});
    expect(all.filter(({ lost }) => lost.length > 0).length).toBeGreaterThan(20);
  });

  it('finds it too where the tag is read once more just before it is written', async () => {
    const all = await races({ isSwap: true });
    expect(all.filter(({ lost }) => lost.length > 0).length).toBeGreaterThan(0);
  });

  it('finds nothing where the registry itself compares', async () => {
    const all = await races({ isSwap: true, isConditional: true });
    expect(all.flatMap(({ lost }) => lost)).toEqual([]);
    expect(all.every(({ names }) => names.length === writers.length)).toBe(true);
  });

  it('goes the same way for the same seed, with every fault, and another for another', async () => {
    const network: NetworkFaults = Object.fromEntries(Object.keys(noNetworkFaults).map((name) => [name, 0.1])) as never;
    const setting = { isTraced: true, network, process: { crash: 0.05, suspend: 0.1 } };
    const [first, second] = [await races(setting), await races(setting)];
    expect(first.map(({ trace }) => trace)).toEqual(second.map(({ trace }) => trace));
    expect(new Set(first.map(({ trace }) => trace.join('\n'))).size).toBe(seeds.length);
    expect(first[0]?.trace.length).toBeGreaterThan(20);
  });

  it('crashes processes between any two steps', async () => {
    const all = await races({ process: { crash: 0.2 } });
    const crashed = all.flatMap(({ outcomes }) => [...outcomes.values()].filter(({ kind }) => kind === 'crashed'));
    expect(crashed.length).toBeGreaterThan(20);
    expect(crashed.length).toBeLessThan(seeds.length * writers.length);
  });
});

describe('a process', () => {
  const runOne = async <T>(
    run: Parameters<ReturnType<typeof createScheduler>['spawn']>[0]['run'],
    skewMs = () => 0,
  ) => {
    const scheduler = createScheduler(1);
    const outcomes: Outcome<unknown>[] = [];
    scheduler.spawn({ name: 'one', run, skewMs, onEnd: (outcome) => outcomes.push(outcome) });
    await scheduler.run();
    const [outcome] = outcomes;
    return outcome?.kind === 'ended' ? (outcome.value as T) : expect.fail(JSON.stringify(outcome));
  };

  it('sees time pass by its waits, and its own wall clock', async () => {
    const [wall, monotonic] = await runOne<readonly [number, number]>(
      async ({ pace, now }) => {
        const [wallMs, clockMs] = [now(), pace.clock()];
        await pace.wait(3_600_000);
        return [now() - wallMs, pace.clock() - clockMs];
      },
      () => 86_400_000,
    );
    expect(wall).toBeGreaterThanOrEqual(3_600_000);
    expect(monotonic).toBeLessThan(3_600_010);
  });

  it('does not see by its monotonic clock that its machine was asleep', async () => {
    const seen = async (isAsleep: boolean) =>
      runOne<number>(async ({ pace, suspend }) => {
        const clockMs = pace.clock();
        suspend(600_000, isAsleep);
        await pace.wait(1);
        return pace.clock() - clockMs;
      });
    expect(await seen(true)).toBeLessThan(10);
    expect(await seen(false)).toBeGreaterThanOrEqual(600_000);
  });

  it('gives up what it aborts, at once', async () => {
    const code = await runOne<string>(async ({ pace }) => {
      const stop = new AbortController();
      const waited = pace.wait(60_000, stop.signal).catch((error: unknown) => error);
      stop.abort();
      const error = await waited;
      return error instanceof RegistryError ? error.code : '';
    });
    expect(code).toBe('ABORTED');
  });

  it('may not wait for what no event brings', async () => {
    await expect(runOne(() => new Promise(() => undefined))).rejects.toThrow('waits for something');
  });

  it('may not go on for ever', async () => {
    const forEver = async ({ pace }: { readonly pace: { wait(ms: number): Promise<void> } }): Promise<never> => {
      for (;;) await pace.wait(1);
    };
    await expect(runOne(forEver)).rejects.toThrow('not at an end');
  });
});

describe('a simulated registry', () => {
  const blob = Buffer.from('{}');
  const as = { mediaType: 'application/vnd.oci.empty.v1+json', digest: digestOf(blob), size: blob.length };
  const manifest = (name: string) =>
    encodeManifest({ kind: 'manifest', artifactType: 'application/x-list', annotations: { names: name } });

  /** What a process that does this comes to, and when the tag `list` named what. */
  const visit = async (
    network: Partial<NetworkFaults>,
    act: (store: Store) => Promise<unknown>,
    options: RegistryOptions = {},
  ) => {
    const scheduler = createScheduler(3);
    const registry = createSimulatedRegistry(scheduler, {
      ...options,
      faults: () => ({ ...noNetworkFaults, ...network }),
    });
    await registry.direct.tag(manifest('first'), 'list');
    const outcomes: Outcome<unknown>[] = [];
    scheduler.after(60_000, 'begin', () => {
      scheduler.spawn({
        name: 'one',
        run: (process) => act(registry.storeFor(process)),
        onEnd: (outcome) => outcomes.push(outcome),
      });
    });
    await scheduler.run();
    const [outcome] = outcomes;
    const error = outcome?.kind === 'failed' && outcome.error instanceof RegistryError ? outcome.error.code : undefined;
    return { value: outcome?.kind === 'ended' ? outcome.value : undefined, error, registry };
  };
  const overwrite = (store: Store) => store.tag(manifest('second'), 'list');

  it('loses a request: nothing happens', async () => {
    const { error, registry } = await visit({ lose: 1 }, overwrite);
    expect(error).toBe('UNREACHABLE');
    expect(registry.historyOf('list')).toHaveLength(1);
  });

  it.each(['loseAnswer', 'delay'] as const)('%s: it happens, and its sender does not learn it', async (fault) => {
    const { error, registry } = await visit({ [fault]: 1 }, overwrite);
    expect(['UNREACHABLE', 'TIMEOUT']).toContain(error);
    expect(registry.historyOf('list')).toHaveLength(2);
  });

  it('repeats a write, unless it is to be sent once', async () => {
    const swapTwice = async (store: Store) => {
      await store.tag(manifest('second'), 'list');
      await store.tag(manifest('third'), 'list');
    };
    const { registry } = await visit({ repeat: 1 }, swapTwice);
    expect(registry.historyOf('list').length).toBeGreaterThan(3);
  });

  it('answers reads and lists from a replica that is behind', async () => {
    const act = async (store: Store) => {
      await overwrite(store);
      await store.tag(manifest('other'), 'other');
      return [(await readNames(store)).names, await listOf(store.tags())];
    };
    expect((await visit({}, act)).value).toEqual([['second'], ['list', 'other']]);
    const lagMs = 30_000;
    expect((await visit({ staleRead: 1, staleList: 1 }, act, { lagMs })).value).toEqual([['first'], ['list']]);
  });

  it('stutters while a tag is being overwritten', async () => {
    const act = async (store: Store) => {
      await overwrite(store);
      return store.resolve('list');
    };
    const { error } = await visit({ stutter: 1 }, act);
    expect(['NOT_FOUND', 'SERVER_ERROR']).toContain(error);
  });

  it('holds content, lists and removals as any store', async () => {
    const { value, registry } = await visit({}, async (store) => {
      await store.push(blob, as);
      await overwrite(store);
      await store.tag(manifest('other'), 'other');
      await store.untag('other');
      await store.delete(manifest('second').descriptor);
      return [await store.exists(as), await listOf(store.tags()), await store.fetch(as)];
    });
    expect(value).toEqual([true, [], new Uint8Array(blob)]);
    expect(registry.historyOf('list').at(-1)).toBeUndefined();
  });
});
