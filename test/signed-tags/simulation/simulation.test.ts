import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from '../../../scripts/project.ts';
import { changed } from './mutate.ts';
import { mutations } from './mutations.ts';
import { runSeed } from './run-seed.ts';

/** `npm run trial -- simulate` runs as many as are asked for. */
const seeds = Array.from({ length: 200 }, (_, seed) => seed);

describe('signed tags in worlds where everything goes wrong', () => {
  it('keep what they promise', async () => {
    for (const seed of seeds) expect((await runSeed(seed)).violation, `seed ${seed}`).toBeUndefined();
  });

  it('come to the same by the same seed, step by step', async () => {
    const [first, second] = [await runSeed(7, { isTraced: true }), await runSeed(7, { isTraced: true })];
    expect(first).toEqual(second);
    expect(first.trace.length).toBeGreaterThan(100);
  });
});

it.each(mutations.map((mutation) => [mutation.name, mutation] as const))(
  'the mutation "%s" fits the sources',
  async (_, { name, changes }) => {
    const texts = new Map<string, string>();
    for (const change of changes) {
      const text = texts.get(change.file) ?? (await readFile(join(root, 'packages', change.file), 'utf8'));
      texts.set(change.file, changed(text, change, name));
    }
    expect(texts.size).toBeGreaterThan(0);
  },
);
