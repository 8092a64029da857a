import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { digestOf, openLayout } from '@signet/oci';
import { describe, expect, it } from 'vitest';
import { createDurableFolder, type DurableFolder } from '../../../packages/oci/src/layout/durable.ts';
import { hasEntry, nameEntry, putEntry } from '../../../packages/oci/src/layout/index-entries.ts';
import { type Change, type LayoutState, openLayoutState } from '../../../packages/oci/src/layout/state.ts';
import { tempDir } from '../../support/temp.ts';

const mediaType = 'application/vnd.oci.image.manifest.v1+json';
const facts = { of: async () => ({ children: [] }), learn: () => {}, forget: () => {} };
const descriptor = (text: string): ReturnType<typeof describeText> => describeText(text);

function describeText(text: string): { mediaType: string; digest: ReturnType<typeof digestOf>; size: number } {
  return { mediaType, digest: digestOf(Buffer.from(text)), size: text.length };
}

/** A change that gives a manifest an entry. */
function put(text: string, more: Partial<Change> = {}): Change {
  return { apply: (draft) => putEntry(draft, descriptor(text)), update: async () => true, ...more };
}

interface Opened {
  readonly dir: string;
  readonly state: LayoutState;
  has(text: string): Promise<boolean>;
}

async function open(exclusive = true, wrap = (files: DurableFolder): DurableFolder => files): Promise<Opened> {
  const dir = tempDir();
  await openLayout(dir, { create: true });
  const state = await openLayoutState({ dir, exclusive, files: wrap(createDurableFolder(dir)), facts });
  return { dir, state, has: async (text) => hasEntry(await state.index(), descriptor(text).digest) };
}

describe.each([true, false])('changes of index.json, exclusive: %s', (exclusive) => {
  it('that come together are written together', async () => {
    let writes = 0;
    const counting = (files: DurableFolder): DurableFolder => ({
      ...files,
      prepare(fill) {
        writes += 1;
        return files.prepare(fill);
      },
    });
    const { state, has } = await open(exclusive, counting);
    await Promise.all(Array.from({ length: 100 }, (_, at) => state.change(put(String(at)))));
    expect([await has('0'), await has('99')]).toEqual([true, true]);
    expect(writes).toBeLessThanOrEqual(2);
  });

  it('that change nothing write nothing', async () => {
    const { dir, state } = await open(exclusive);
    await state.change(put('a'));
    const before = readFileSync(join(dir, 'index.json'));
    chmodSync(dir, 0o755);
    await state.change(put('a'));
    expect(readFileSync(join(dir, 'index.json')).equals(before)).toBe(true);
  });

  it('one that is refused, or whose needs fail, fails alone', async () => {
    const { state, has } = await open(exclusive);
    const refused = (): boolean => {
      throw new RangeError('refused');
    };
    const results = await Promise.allSettled([
      state.change(put('a')),
      state.change(put('b', { apply: refused })),
      state.change(put('c', { before: () => Promise.reject(new RangeError('no room')) })),
      state.change(put('d')),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
    expect(results.flatMap((result) => (result.status === 'rejected' ? [String(result.reason)] : []))).toEqual([
      'RangeError: refused',
      'RangeError: no room',
    ]);
    expect(await Promise.all(['a', 'b', 'c', 'd'].map(has))).toEqual([true, false, false, true]);
    await state.change(put('c'));
    expect(await has('c')).toBe(true);
  });

  it('are seen when they are written, not before', async () => {
    const { state, has } = await open(exclusive);
    let seen: boolean | undefined;
    const before = async (): Promise<void> => {
      seen = await has('a');
    };
    await state.change(put('a', { before }));
    expect([seen, await has('a')]).toEqual([false, true]);
  });

  it('are told of what came of them, in order, before the next', async () => {
    const { state } = await open(exclusive);
    const told: string[] = [];
    const after = (name: string) => async (): Promise<void> => void told.push(name);
    await Promise.all(['a', 'b', 'c'].map((name) => state.change(put(name, { after: after(name) }))));
    expect(told).toEqual(['a', 'b', 'c']);
  });

  it('that could not be written are not there, and the next ones are', async () => {
    let isBroken = true;
    const breaking = (files: DurableFolder): DurableFolder => ({
      ...files,
      async prepare(fill) {
        if (isBroken) throw new RangeError('disk full');
        return files.prepare(fill);
      },
    });
    const { state, has } = await open(exclusive, breaking);
    await expect(state.change(put('a'))).rejects.toThrow('disk full');
    expect(await has('a')).toBe(false);
    isBroken = false;
    await state.change(put('b'));
    expect([await has('a'), await has('b')]).toEqual([false, true]);
  });

  it('whose file got its name and then failed are what the disk says', async () => {
    let isBroken = true;
    const breaking = (files: DurableFolder): DurableFolder => ({
      ...files,
      async prepare(fill) {
        const prepared = await files.prepare(fill);
        const commit = async (path: string): Promise<void> => {
          await prepared.commit(path);
          if (isBroken) throw new RangeError('not flushed');
        };
        return { ...prepared, commit };
      },
    });
    const { state, has } = await open(exclusive, breaking);
    await expect(state.change(put('a'))).rejects.toThrow('not flushed');
    isBroken = false;
    expect(await has('a')).toBe(true);
    await state.change(put('b'));
    expect([await has('a'), await has('b')]).toEqual([true, true]);
  });
});

it('a state of its own does not look at the disk again, a shared one does', async () => {
  for (const exclusive of [true, false]) {
    const { dir, has } = await open(exclusive);
    await (await openLayoutState({ dir, exclusive: false, files: createDurableFolder(dir), facts })).change({
      apply: (draft) => nameEntry(draft, 'v1', descriptor('a')),
      update: async () => true,
    });
    expect(await has('a')).toBe(!exclusive);
  }
});

it('an index.json that is damaged, missing or too large is told', async () => {
  const { dir, state } = await open(false);
  writeFileSync(join(dir, 'index.json'), '{');
  await expect(state.index()).rejects.toMatchObject({ code: 'JSON_INVALID' });
  await expect(state.change(put('a'))).rejects.toMatchObject({ code: 'JSON_INVALID' });
  writeFileSync(join(dir, 'index.json'), Buffer.alloc(64 * 1024 * 1024 + 1, ' '));
  await expect(state.index()).rejects.toMatchObject({ code: 'TOO_LARGE' });
});
