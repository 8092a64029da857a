import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFileStates, type FileStates, type Watched, watchFiles } from '../../../packages/admission/src/index.ts';
import { tempDir } from '../../support/temp.ts';

/** No look but those that a test asks for. */
const everyMs = 3_600_000;
let file: string;
/** What was loaded, in this order. */
let loaded: string[];
let watched: Watched | undefined;

beforeEach(() => {
  file = join(tempDir(), 'policy');
  writeFileSync(file, 'one');
  loaded = [];
});

afterEach(() => watched?.stop());

async function load(read: FileStates): Promise<void> {
  read.note(file);
  loaded.push(await readFile(file, 'utf8').catch(() => 'none'));
}

describe('watchFiles', () => {
  it('loads at once, and once', async () => {
    watched = await watchFiles({ load, everyMs });
    await watched.check();
    expect(loaded).toEqual(['one']);
  });

  it('does not load what was read before', async () => {
    const read = createFileStates();
    read.note(file);
    watched = await watchFiles({ load, read, everyMs });
    expect(loaded).toEqual([]);
  });

  it('sees what changed between the first reading and the watch', async () => {
    const read = createFileStates();
    read.note(file);
    writeFileSync(file, 'another');
    watched = await watchFiles({ load, read, everyMs });
    expect(loaded).toEqual(['another']);
  });

  it.each<readonly [string, string, () => void]>([
    ['is written anew', 'another', () => writeFileSync(file, 'another')],
    ['is replaced', 'another', () => replaceFile('another')],
    ['goes', 'none', () => rmSync(file)],
  ])('loads again when a file %s', async (_how, found, change) => {
    watched = await watchFiles({ load, everyMs });
    change();
    await watched.check();
    await watched.check();
    expect(loaded).toEqual(['one', found]);
  });

  it('loads again when a file comes that was not there', async () => {
    rmSync(file);
    watched = await watchFiles({ load, everyMs });
    writeFileSync(file, 'late');
    await watched.check();
    expect(loaded).toEqual(['none', 'late']);
  });

  it('follows the links by which a volume of Kubernetes changes', async () => {
    const folder = tempDir();
    for (const version of ['v1', 'v2']) {
      mkdirSync(join(folder, version));
      writeFileSync(join(folder, version, 'policy'), version);
    }
    symlinkSync('v1', join(folder, 'data'));
    file = join(folder, 'data', 'policy');
    watched = await watchFiles({ load, everyMs });
    symlinkSync('v2', join(folder, 'next'));
    renameSync(join(folder, 'next'), join(folder, 'data'));
    await watched.check();
    expect(loaded).toEqual(['v1', 'v2']);
  });

  it('loads again what changed while it was read', async () => {
    const changing = async (read: FileStates): Promise<void> => {
      await load(read);
      if (loaded.length === 1) replaceFile('while it was read');
    };
    watched = await watchFiles({ load: changing, everyMs });
    expect(loaded).toEqual(['one', 'while it was read']);
  });

  it('leaves a file that changes all the time to the next look', async () => {
    const changing = async (read: FileStates): Promise<void> => {
      await load(read);
      replaceFile(`version ${loaded.length}`);
    };
    watched = await watchFiles({ load: changing, everyMs });
    expect(loaded).toEqual(['one', 'version 1', 'version 2']);
    await watched.check();
    expect(loaded).toHaveLength(6);
  });

  it('loads when it is told to, whether something changed or not', async () => {
    watched = await watchFiles({ load, everyMs });
    await watched.check({ force: true });
    expect(loaded).toEqual(['one', 'one']);
  });

  it('looks by itself, too', async () => {
    const changed = Promise.withResolvers<void>();
    const noticed = async (read: FileStates): Promise<void> => {
      await load(read);
      if (loaded.length > 1) changed.resolve();
    };
    watched = await watchFiles({ load: noticed, everyMs: 5 });
    replaceFile('another');
    await changed.promise;
    expect(loaded.at(-1)).toBe('another');
  });
});

/** As programs write files that others read: another file under the same name. */
function replaceFile(text: string): void {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}
