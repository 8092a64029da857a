import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { isErrno } from '../../../packages/oci/src/errno.ts';
import { asIoError, createDurableFolder, makeFolder, writePieces } from '../../../packages/oci/src/layout/durable.ts';
import { tempDir } from '../../support/temp.ts';

describe('a durable file', () => {
  it('has its name when it is whole, in place of what had it', async () => {
    const dir = tempDir();
    const path = join(dir, 'file');
    writeFileSync(path, 'old');
    const prepared = await createDurableFolder(dir).prepare((file) => file.writeFile('new'));
    expect(readFileSync(path, 'utf8')).toBe('old');
    await prepared.commit(path);
    expect(readFileSync(path, 'utf8')).toBe('new');
    expect(readdirSync(join(dir, '.unfinished'))).toEqual([]);
  });

  it('that is discarded, or cannot be written or named, leaves nothing', async () => {
    const dir = tempDir();
    const files = createDurableFolder(dir);
    await (await files.prepare((file) => file.writeFile('x'))).discard();
    const broken = files.write(join(dir, 'a'), async () => {
      throw new RangeError('broken');
    });
    await expect(broken).rejects.toThrow('broken');
    await expect(files.write(join(dir, 'none/a'), (file) => file.writeFile('x'))).rejects.toMatchObject({ code: 'IO' });
    mkdirSync(join(dir, 'folder/full'), { recursive: true });
    await expect(files.write(join(dir, 'folder'), (file) => file.writeFile('x'))).rejects.toMatchObject({ code: 'IO' });
    expect(readdirSync(join(dir, '.unfinished'))).toEqual([]);
  });

  it('is moved in from elsewhere', async () => {
    const dir = tempDir();
    writeFileSync(join(dir, 'finished'), 'x');
    await createDurableFolder(dir).moveIn(join(dir, 'finished'), join(dir, 'named'));
    expect([existsSync(join(dir, 'finished')), readFileSync(join(dir, 'named'), 'utf8')]).toEqual([false, 'x']);
  });
});

describe('pieces', () => {
  it.each([0, 1, 3, 5, 6, 11])('are written whole when the disk took %d bytes at first', async (first) => {
    const path = join(tempDir(), 'file');
    const handle = await open(path, 'w');
    const pieces = ['hello', '', ' ', 'world'].map((text) => Buffer.from(text));
    // A disk that takes a part of what it is given.
    const writev = async (): Promise<{ bytesWritten: number }> => {
      await handle.write(Buffer.concat(pieces).subarray(0, first));
      return { bytesWritten: first };
    };
    const partial = new Proxy(handle, {
      get: (target, name) => (name === 'writev' ? writev : Reflect.get(target, name).bind(target)),
    });
    await writePieces(partial as FileHandle, pieces);
    await handle.close();
    expect(readFileSync(path, 'utf8')).toBe('hello world');
  });

  it('may be more than one call of the system takes', async () => {
    const path = join(tempDir(), 'file');
    const pieces = Array.from({ length: 5000 }, (_, at) => Buffer.from(`${at},`));
    const handle = await open(path, 'w');
    await writePieces(handle, pieces);
    await handle.close();
    expect(readFileSync(path, 'utf8')).toBe(pieces.join(''));
  });
});

describe('a folder', () => {
  const left: string[] = [];
  afterEach(() => {
    for (const path of left.splice(0)) chmodSync(path, 0o755);
  });

  it('is made with those above it, and stays where it is there', async () => {
    const path = join(tempDir(), 'a/b/c');
    await makeFolder(path);
    writeFileSync(join(path, 'file'), 'x');
    await makeFolder(path);
    expect(readdirSync(path)).toEqual(['file']);
  });

  it('is made below one that may not be read', async () => {
    const dir = tempDir();
    chmodSync(dir, 0o333);
    left.push(dir);
    await makeFolder(join(dir, 'a'));
    chmodSync(dir, 0o755);
    expect(existsSync(join(dir, 'a'))).toBe(true);
  });

  it('is not made below a file', async () => {
    const dir = tempDir();
    writeFileSync(join(dir, 'file'), '');
    await expect(makeFolder(join(dir, 'file/a'))).rejects.toThrow('ENOTDIR');
  });
});

it('errors of the system become IO, others stay', async () => {
  const missing = await open('/nowhere/at/all').catch((error: unknown) => error);
  expect(asIoError(missing, 'looking')).toMatchObject({
    code: 'IO',
    message: expect.stringMatching(/^looking: ENOENT/),
  });
  const other = new RangeError('x');
  expect(asIoError(other, 'looking')).toBe(other);
  expect([isErrno(missing, 'EACCES', 'ENOENT'), isErrno(missing, 'EACCES'), isErrno(other, 'ENOENT')]).toEqual([
    true,
    false,
    false,
  ]);
});
