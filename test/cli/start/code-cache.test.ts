// Not in npm run check: a process for each start.

import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadCode } from '../../../packages/cli/src/start/code-cache.ts';
import { runOk } from '../../support/process.ts';
import { tempDir } from '../../support/temp.ts';

const posix = process.platform !== 'win32';

const build = (digit: string): string => `//${digit.repeat(16)}\n`;

/** A program that calls what it is given, with a function that V8 compiles when it is first called. */
function program(first: string): string {
  return `${first}(function(require){function later(n){let sum=0;for(let i=0;i<n;i++)sum+=i;return sum;}require(later(10));})`;
}

interface Started {
  readonly called: readonly unknown[];
  readonly fits: boolean;
}

/** One start, in a process of its own (V8 remembers a source that it has compiled): what the program called, and whether what was kept was taken. */
async function start(file: string, folder: string | undefined): Promise<Started> {
  const source = pathToFileURL(join(import.meta.dirname, '../../../packages/cli/src/start/code-cache.ts')).href;
  const text = `
    import { loadCode } from ${JSON.stringify(source)};
    const called = [];
    const code = loadCode(${JSON.stringify(file)}, ${folder === undefined ? 'undefined' : JSON.stringify(folder)});
    code.script.runInThisContext()((value) => called.push(value));
    code.keep();
    console.log(JSON.stringify({ called, fits: code.script.cachedDataRejected === false }));`;
  return JSON.parse(await runOk(process.execPath, ['--input-type=module', '-e', text]));
}

describe('the code of a file', () => {
  it('is kept by the first start and taken by the second, which keeps nothing', async () => {
    const [dir, folder] = [tempDir(), tempDir()];
    const file = join(dir, 'main.js');
    writeFileSync(file, program(build('a')));
    expect(await start(file, folder)).toEqual({ called: [45], fits: false });
    const names = readdirSync(folder);
    expect(names).toEqual([`main.js-${process.version}-${process.arch}-${'a'.repeat(16)}`]);
    const path = join(folder, names[0] ?? '');
    if (posix) expect(statSync(path).mode & 0o777).toBe(0o600);
    const before = statSync(path, { bigint: true });
    expect(await start(file, folder)).toEqual({ called: [45], fits: true });
    expect(statSync(path, { bigint: true })).toMatchObject({ ino: before.ino, mtimeNs: before.mtimeNs });
  });

  it('holds the functions that ran, which are not compiled again', async () => {
    const [dir, folder] = [tempDir(), tempDir()];
    const file = join(dir, 'main.js');
    const functions = Array.from({ length: 200 }, (_, n) => `function f${n}(a){return[a,${n},"s${n}"].join("-");}`);
    const calls = functions.map((_, n) => `f${n}(1);`);
    writeFileSync(file, `${build('a')}(function(require){${functions.join('')}${calls.join('')}})`);
    const code = loadCode(file, folder);
    const unrun = code.script.createCachedData().length;
    code.script.runInThisContext()(() => undefined);
    code.keep();
    expect(readFileSync(join(folder, readdirSync(folder)[0] ?? '')).length).toBeGreaterThan(2 * unrun);
  });

  it('of another build is made anew; what was kept for others goes after a week', async () => {
    const [dir, folder] = [tempDir(), tempDir()];
    const file = join(dir, 'main.js');
    const name = (digit: string): string => `main.js-${process.version}-${process.arch}-${digit.repeat(16)}`;
    const week = new Date(Date.now() - 8 * 24 * 60 * 60 * 1000);
    const others = [name('c'), `sign.js-v24.1.0-arm64-${'d'.repeat(16)}`, `${name('e')}.17.tmp`, 'notes-of-the-user'];
    for (const other of [...others, name('f')]) writeFileSync(join(folder, other), '');
    for (const other of others) utimesSync(join(folder, other), week, week);
    for (const digit of ['a', 'b']) {
      writeFileSync(file, program(build(digit)));
      expect((await start(file, folder)).fits).toBe(false);
    }
    expect(readdirSync(folder).sort()).toEqual([name('a'), name('b'), name('f'), 'notes-of-the-user']);
    writeFileSync(file, program(build('a')));
    expect((await start(file, folder)).fits).toBe(true);
  });

  it('that was damaged, be it by a bit, is not taken and made anew', async () => {
    const [dir, folder] = [tempDir(), tempDir()];
    const file = join(dir, 'main.js');
    writeFileSync(file, program(build('a')));
    await start(file, folder);
    const path = join(folder, readdirSync(folder)[0] ?? '');
    const good = readFileSync(path);
    const bit = Buffer.from(good);
    bit[good.length - 10] = (bit[good.length - 10] ?? 0) ^ 1;
    for (const damaged of [
      Buffer.alloc(0),
      Buffer.from('nonsense'),
      good.subarray(0, 32),
      good.subarray(0, 100),
      bit,
    ]) {
      writeFileSync(path, damaged);
      expect(await start(file, folder)).toEqual({ called: [45], fits: false });
      expect(await start(file, folder)).toEqual({ called: [45], fits: true });
    }
  });

  it('is not kept without a folder, without a build, or where the folder is gone; the program runs all the same', async () => {
    const dir = tempDir();
    const file = join(dir, 'main.js');
    writeFileSync(file, program(build('a')));
    expect(await start(file, undefined)).toEqual({ called: [45], fits: false });
    expect(await start(file, join(dir, 'gone'))).toEqual({ called: [45], fits: false });
    expect(existsSync(join(dir, 'gone'))).toBe(false);
    writeFileSync(file, program(''));
    mkdirSync(join(dir, 'cache'));
    expect(await start(file, join(dir, 'cache'))).toEqual({ called: [45], fits: false });
    expect(readdirSync(join(dir, 'cache'))).toEqual([]);
  });
});
