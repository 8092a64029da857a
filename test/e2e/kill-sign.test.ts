import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inspectByPeers } from '../registry/kill/peers.ts';
import { startHostileRegistry } from '../support/hostile-registry.ts';
import { havePeers, itWithPeers } from '../support/peers.ts';
import { run } from '../support/process.ts';
import { tempDir } from '../support/temp.ts';
import { killsIn } from './kill/figures.ts';
import { layoutLeftovers, openUploads, temporaryFiles } from './kill/leftovers.ts';
import { killSigners, killTargets } from './kill/rounds.ts';
import { momentOf, seeded } from './kill/seeded.ts';
import type { Spot } from './kill/targets.ts';
import { watchFolder, watchRegistry } from './kill/write-watch.ts';

describe('sign and copy that are killed amidst their work', () => {
  itWithPeers(
    ['oras', 'crane'],
    'lose nothing that was reported, and leave nothing that stops the next command',
    async () => {
      const peers = await inspectByPeers();
      const docker = havePeers(['docker-registry']);
      const trial = killSigners({ kills: 7, seed: 7, undisturbedRuns: 1, docker, inspect: peers.inspect });
      const figures = await trial.finally(() => peers.stop());
      expect(figures.faults).toEqual([]);
      expect(killsIn(figures)).toBe(7);
      expect(figures.verified).toBeGreaterThan(0);
    },
    240_000,
  );
});

/** That the checks of the trial can fail. */
describe('the checks after a kill', () => {
  const never = { begin: () => new Promise<void>(() => {}), wrote: () => false };
  const spot: Spot = {
    watch: never,
    command: () => ['version'],
    verify: () => ['version'],
    absent: [1],
    layoutDir: undefined,
  };
  const faultsOf = async (changed: Partial<Spot>): Promise<readonly string[]> => {
    const target = { name: 'x', spot: () => Promise.resolve({ ...spot, ...changed }) };
    const ground = { env: { TMPDIR: tempDir() } };
    return (await killTargets([target], ground, { kills: 1, seed: 1, docker: false })).faults;
  };

  it('tell what was lost, what fails when it is done again, and what is left', async () => {
    expect(await faultsOf({})).toEqual([]);
    const lost = await faultsOf({ verify: () => ['no-such-command'] });
    expect(lost[0]).toMatch(/^x: n1, not killed, then: exit 2/);
    expect(lost.join('\n')).toContain('was reported as done, then: exit 2');
    expect((await faultsOf({ command: () => ['no-such-command'] }))[0]).toMatch(/^x: n1, not killed: exit 2/);
    const layoutDir = tempDir();
    for (const name of ['.lock', '.lock.dead-1']) writeFileSync(join(layoutDir, name), '');
    const left = (watch: Spot['watch']) => faultsOf({ layoutDir, watch }).then((faults) => faults.join('\n'));
    expect(await left(never)).toMatch(/left lying about: \.lock\.dead-1$/m);
    expect(await left({ ...never, begin: async () => undefined })).toContain('left lying about: .lock, .lock.dead-1');
  });

  it('tell leftovers from what belongs there', () => {
    const dir = tempDir();
    const layout = join(dir, '_layout');
    expect([layoutLeftovers(layout), openUploads(layout)]).toEqual([[], []]);
    for (const folder of [join(layout, '.unfinished'), join(dir, '_uploads')]) mkdirSync(folder, { recursive: true });
    for (const name of ['index.json', '.lock', '.lock.dead-1', '.unfinished/a']) writeFileSync(join(layout, name), '');
    writeFileSync(join(dir, '_uploads/upload'), '');
    expect(layoutLeftovers(layout)).toEqual(['.lock', '.lock.dead-1', 'a']);
    expect(openUploads(layout)).toEqual(['upload']);
    writeFileSync(join(dir, '_uploads/0a1b'), ''); // named as an entry of the compile cache
    expect(temporaryFiles(join(dir, '_uploads'))).toEqual(['upload']);
  });
});

describe('the moments of a trial', () => {
  const pace = { wholeMs: 100, firstWriteMs: 60 };

  it('are the same for the same seed', () => {
    const moments = (seed: number): unknown => {
      const random = seeded(seed);
      return Array.from({ length: 10 }, (_, at) => momentOf(at, 10, { pace, random }));
    };
    expect(moments(5)).toEqual(moments(5));
    expect(moments(5)).not.toEqual(moments(6));
  });

  it('meet every part of the run, and what is written twice as often', () => {
    const random = seeded(1);
    const moments = Array.from({ length: 20 }, (_, at) => momentOf(at, 20, { pace, random }));
    const anywhere = moments.filter(({ after }) => after === 'start').map(({ ms }) => Math.floor(ms / 10));
    expect(anywhere).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    const writing = moments.filter(({ after }) => after === 'write').map(({ ms }) => ms);
    expect(writing).toHaveLength(10);
    expect(Math.max(...writing)).toBeLessThan(40);
  });
});

describe('a watch', () => {
  it('tells the first change in a folder, also of one that is made', async () => {
    const dir = join(tempDir(), 'layout');
    const watch = watchFolder(dir);
    const made = watch.begin();
    expect(watch.wrote()).toBe(false);
    mkdirSync(dir);
    writeFileSync(join(dir, 'index.json'), '');
    await made;
    expect(watch.wrote()).toBe(true);
    const changed = watch.begin();
    expect(watch.wrote()).toBe(false);
    writeFileSync(join(dir, 'index.json'), '{}');
    await changed;
    expect(watch.wrote()).toBe(true);
  });

  it('tells the first request that writes', async () => {
    const registry = await startHostileRegistry((_, response) => void response.end());
    const watch = await watchRegistry(registry.host);
    try {
      const first = watch.begin();
      await fetch(`http://${watch.host}/v2/`);
      expect(watch.wrote()).toBe(false);
      await fetch(`http://${watch.host}/v2/a/manifests/b`, { method: 'PUT', body: 'x' });
      await first;
      expect(watch.wrote()).toBe(true);
      void watch.begin();
      expect(watch.wrote()).toBe(false);
    } finally {
      await watch.stop();
      await registry.stop();
    }
  });
});

it('a program is killed when it was said', async () => {
  const program = [process.execPath, ['-e', 'setInterval(() => {}, 1000)']] as const;
  expect(await run(...program, { killWhen: Promise.resolve() })).toMatchObject({ code: -1, signal: 'SIGKILL' });
});
