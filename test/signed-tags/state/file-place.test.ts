// Not in npm run check: processes that save side by side, and are killed.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { takeLockFile } from '@signet/oci';
import {
  emptyState,
  type FilePlace,
  fileStatePlace,
  mergeStates,
  TagsError,
  type TagsState,
} from '@signet/signed-tags';
import { describe, expect, it } from 'vitest';
import { run, startProcess } from '../../support/process.ts';
import { tempDir } from '../../support/temp.ts';
import { collection, plainState, publisherNamed, signerNamed } from './state-data.ts';

const saver = new URL('saver.ts', import.meta.url).pathname;
const isRoot = process.getuid?.() === 0;

function newPlace(folder = tempDir()): FilePlace {
  return fileStatePlace({ folder, collection, catalogue: 'shop', lockMs: 100 });
}

function removedAt(atMs: number, tag = 'a'): TagsState {
  const id = publisherNamed('one');
  return {
    ...emptyState(collection),
    publishers: new Map([[id, { signers: [signerNamed('one')], issuedMs: atMs }]]),
    seen: new Map([[tag, { vouched: new Map(), removed: new Map([[id, atMs]]) }]]),
  };
}

async function codeOf(doing: Promise<unknown>): Promise<string> {
  return doing.then(
    () => 'done',
    (error: unknown) => (error instanceof TagsError ? error.code : String(error)),
  );
}

describe('state in a file', () => {
  it('is what was merged into it, of this user alone, and nothing lies beside it', async () => {
    const place = newPlace();
    expect(await place.read()).toBeUndefined();
    expect(await place.merge(removedAt(3))).toBe(true);
    expect(await place.merge(removedAt(2, 'b'))).toBe(true);
    expect(plainState(await place.read())).toEqual(plainState(mergeStates(removedAt(3), removedAt(2, 'b'))));
    const folder = dirname(place.path);
    expect(readdirSync(folder)).toEqual(['state.json']);
    expect(statSync(place.path).mode & 0o777).toBe(0o600);
    for (const each of [folder, dirname(folder)]) expect(statSync(each).mode & 0o777).toBe(0o700);
  });

  it('is never lowered, and not written where nothing is new', async () => {
    const place = newPlace();
    await place.merge(removedAt(3));
    const before = statSync(place.path);
    expect(await place.merge(removedAt(2))).toBe(true);
    expect(statSync(place.path).ino).toBe(before.ino);
    expect(plainState(await place.read())).toEqual(plainState(removedAt(3)));
  });

  it('is of one collection and one catalogue', async () => {
    const folder = tempDir();
    const places = [
      { collection, catalogue: 'shop' },
      { collection, catalogue: 'Shop' },
      { collection, catalogue: '../shop' },
      { collection: `${collection}2`, catalogue: 'shop' },
    ].map((each) => fileStatePlace({ folder, ...each }));
    expect(new Set(places.map(({ path }) => path.toLowerCase())).size).toBe(4);
    for (const { path } of places) expect(path.startsWith(`${folder}/`)).toBe(true);
    const [one, , , other] = places;
    await one?.merge(removedAt(1));
    mkdirSync(dirname(other?.path ?? ''), { recursive: true, mode: 0o700 });
    renameSync(one?.path ?? '', other?.path ?? '');
    expect(await codeOf(other?.read() ?? expect.fail())).toBe('STATE_INVALID');
  });

  it('is not saved while somebody else saves', async () => {
    const place = newPlace();
    await place.merge(removedAt(1));
    const unlock = await takeLockFile(join(dirname(place.path), 'lock'), { waitMs: 0, busy: () => expect.fail() });
    expect(await place.merge(removedAt(2))).toBe(false);
    await unlock();
    expect(await place.merge(removedAt(2))).toBe(true);
  });

  it('is not saved where no folder can be made', async () => {
    const file = join(tempDir(), 'file');
    writeFileSync(file, '');
    expect(await codeOf(newPlace(file).merge(removedAt(1)))).toBe('STATE_REFUSED');
    expect(await newPlace('/proc/none').merge(removedAt(1))).toBe(false);
  });

  it('that is damaged is named, neither used nor overwritten, until it is reset', async () => {
    const place = newPlace();
    await place.merge(removedAt(1));
    const cut = readFileSync(place.path).subarray(0, -1);
    writeFileSync(place.path, cut);
    await expect(place.read()).rejects.toThrow(place.path);
    expect(await codeOf(place.merge(removedAt(2)))).toBe('STATE_INVALID');
    expect(readFileSync(place.path)).toEqual(cut);
    expect(await place.reset()).toBe(true);
    expect(await place.reset()).toBe(false);
    expect(await place.read()).toBeUndefined();
    expect(await place.merge(removedAt(2))).toBe(true);
  });

  it('that is too large is not read', async () => {
    const place = newPlace();
    await place.merge(removedAt(1));
    writeFileSync(place.path, Buffer.alloc(32 * 1024 * 1024 + 1));
    expect(await codeOf(place.read())).toBe('STATE_INVALID');
  });
});

describe('state that somebody else could have written is refused', () => {
  it.each<[string, (path: string) => void]>([
    ['a file that others may write to', (path) => chmodSync(path, 0o620)],
    ['a folder that others may write to', (path) => chmodSync(dirname(path), 0o777)],
    ['the folder of the collection', (path) => chmodSync(dirname(dirname(path)), 0o770)],
    ['a link to a file', (path) => replaceBy(path, (moved) => symlinkSync(moved, path))],
    ['a link to a folder', (path) => replaceBy(dirname(path), (moved) => symlinkSync(moved, dirname(path)))],
    ['a folder', (path) => replaceBy(path, () => mkdirSync(path))],
    ['a named pipe', (path) => replaceBy(path, () => execFileSync('mkfifo', ['-m', '600', path]))],
  ])('%s', async (_, change) => {
    const place = newPlace();
    await place.merge(removedAt(1));
    change(place.path);
    expect(await codeOf(place.read())).toBe('STATE_REFUSED');
    expect(await codeOf(place.merge(removedAt(2)))).toBe('STATE_REFUSED');
  });

  it.runIf(isRoot)('a file, or a folder, of another user', async () => {
    for (const own of [(path: string) => path, dirname, (path: string) => dirname(dirname(path))]) {
      const place = newPlace();
      await place.merge(removedAt(1));
      chownSync(own(place.path), 12_345, 12_345);
      expect(await codeOf(place.read())).toBe('STATE_REFUSED');
    }
  });
});

describe('processes that save', () => {
  it('side by side lose nothing: two with 100 rounds each', async () => {
    const folder = tempDir();
    const done = await Promise.all(['a', 'b'].map((tag) => save([folder, tag, '100'])));
    for (const { code, stderr, stdout } of done) {
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).not.toContain('lost');
    }
    const state = (await newPlace(folder).read()) ?? expect.fail();
    expect(plainState(state.seen)).toEqual(plainState(mergeStates(removedAt(100, 'a'), removedAt(100, 'b')).seen));
  });

  it('and are killed leave the state whole, with all that they said was saved', async () => {
    const folder = tempDir();
    let least = 0;
    for (const ms of [0, 3, 7, 13, 20, 31]) {
      const saving = await startProcess(process.execPath, args([folder, 'a', '100000', '2000']), { ready: /^\d+$/m });
      await new Promise((resolve) => setTimeout(resolve, ms));
      await saving.stop('SIGKILL');
      least = Math.max(least, ...saving.output().split('\n').map(Number));
      expect(await savedIn(folder)).toBeGreaterThanOrEqual(least);
    }
    expect(least).toBeGreaterThan(0);
    expect(await newPlace(folder).merge(removedAt(1_000_000))).toBe(true);
    expect(readdirSync(dirname(newPlace(folder).path))).toEqual(['state.json']);
  });

  it('on a full disk keep what was there, and say that the new was not saved', async () => {
    const folder = tempDir();
    await save([folder, 'a', '1', '100']);
    const before = readFileSync(newPlace(folder).path);
    // In blocks of 512 bytes: as a full disk, without one.
    const { stdout, code } = await run('sh', [
      '-c',
      `ulimit -f 4; exec "$0" "$@"`,
      process.execPath,
      ...args([folder, 'a', '3', '100']),
    ]);
    expect({ stdout, code }).toEqual({ stdout: '1\nlost 2\nlost 3\n', code: 0 });
    expect(readFileSync(newPlace(folder).path)).toEqual(before);
  });
});

function args(own: readonly string[]): readonly string[] {
  return ['-C', '@signet/source', '--disable-warning=ExperimentalWarning', saver, ...own];
}

function save(own: readonly string[]) {
  return run(process.execPath, args(own));
}

async function savedIn(folder: string): Promise<number> {
  return (await newPlace(folder).read())?.seen.get('a')?.removed.get(publisherNamed('one')) ?? 0;
}

function replaceBy(path: string, make: (moved: string) => void): void {
  renameSync(path, `${path}.moved`);
  make(`${path}.moved`);
}
