import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inputPieces, readInput, readInputFile, systemReason, writeOutputFile } from '../../packages/cli/src/files.ts';
import { runOk } from '../support/process.ts';
import { tempDir } from '../support/temp.ts';
import { createWorld } from './world.ts';

describe('readInputFile', () => {
  it('reads a file whole, and no more than allowed', async () => {
    const path = join(tempDir(), 'a');
    writeFileSync(path, 'hello');
    expect(Buffer.from(await readInputFile(path, 5)).toString()).toBe('hello');
    await expect(readInputFile(path, 4)).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
      message: expect.stringContaining('larger than 4'),
    });
  });

  it.each([
    ['a missing file', 'missing', 'there is no such file'],
    ['a folder', 'folder', 'it is a folder'],
  ])('says so of %s', async (_what, name, reason) => {
    const dir = tempDir();
    mkdirSync(join(dir, 'folder'));
    await expect(readInputFile(join(dir, name))).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
      message: expect.stringContaining(reason),
    });
  });

  it('reads a large file, a file of no said size and a pipe, bounded too', async () => {
    const dir = tempDir();
    const large = join(dir, 'large');
    writeFileSync(large, Buffer.alloc(2_000_000, 'x'));
    expect((await readInputFile(large)).length).toBe(2_000_000);
    const pipe = join(dir, 'pipe');
    await runOk('mkfifo', [pipe]);
    const writing = runOk('sh', ['-c', 'printf 12345 > "$1"', 'sh', pipe]);
    expect(Buffer.from(await readInputFile(pipe)).toString()).toBe('12345');
    await writing;
    if (process.platform === 'linux') expect((await readInputFile('/proc/self/status')).length).toBeGreaterThan(100);
    await expect(readInputFile('/dev/zero', 100_000)).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
  });

  it('reads standard input for -', async () => {
    const { stdin } = createWorld({ input: 'from a pipe' });
    expect(Buffer.from(await readInput('-', { stdin })).toString()).toBe('from a pipe');
  });
});

describe('inputPieces', () => {
  const whole = async (pieces: AsyncIterable<Uint8Array>) => {
    const all: Uint8Array[] = [];
    for await (const piece of pieces) all.push(piece);
    return Buffer.concat(all).toString();
  };

  it('gives a file or standard input piece by piece, however large', async () => {
    const path = join(tempDir(), 'a');
    writeFileSync(path, 'hello '.repeat(100_000));
    const { stdin } = createWorld({ input: 'from a pipe' });
    expect(await whole(inputPieces(path, { stdin }))).toBe('hello '.repeat(100_000));
    expect(await whole(inputPieces('-', { stdin }))).toBe('from a pipe');
  });

  it('says what cannot be read', async () => {
    const { stdin } = createWorld({ input: '' });
    for (const name of ['missing', '.'])
      await expect(whole(inputPieces(join(tempDir(), name), { stdin }))).rejects.toMatchObject({
        code: 'FILE_UNREADABLE',
      });
  });
});

describe('writeOutputFile', () => {
  it('refuses a file that is there, unless forced, and leaves nothing behind', async () => {
    const dir = tempDir();
    const path = join(dir, 'a');
    await writeOutputFile(path, Buffer.from('one'));
    await expect(writeOutputFile(path, Buffer.from('two'))).rejects.toMatchObject({ code: 'FILE_EXISTS' });
    expect(readFileSync(path, 'utf8')).toBe('one');
    await writeOutputFile(path, Buffer.from('two'), { force: true });
    expect(readFileSync(path, 'utf8')).toBe('two');
    expect(readdirSync(dir)).toEqual(['a']);
  });

  it.skipIf(process.platform === 'win32')(
    'keeps secrets to their owner, also over a file that was open to all',
    async () => {
      const path = join(tempDir(), 'a.key');
      writeFileSync(path, 'old');
      chmodSync(path, 0o644);
      await writeOutputFile(path, Buffer.from('secret'), { mode: 0o600, force: true });
      expect(statSync(path).mode & 0o777).toBe(0o600);
    },
  );

  it('says which file could not be written', async () => {
    const path = join(tempDir(), 'no/such/folder/a');
    await expect(writeOutputFile(path, Buffer.from('x'))).rejects.toMatchObject({
      code: 'FILE_UNWRITABLE',
      message: expect.stringContaining('no such folder'),
    });
  });
});

describe('systemReason', () => {
  it('has words for the usual codes and the code for others', () => {
    expect(systemReason(Object.assign(new Error('x'), { code: 'ENOSPC' }))).toBe('no space left');
    expect(systemReason(Object.assign(new Error('x'), { code: 'EFBIG' }))).toContain('ulimit');
    expect(systemReason(Object.assign(new Error('x'), { code: 'EODD' }))).toBe('EODD');
    expect(systemReason(new Error('plain'))).toBe('plain');
  });
});
