import { randomBytes } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Descriptor, digestHex, digestOf, MEDIA_TYPE_MANIFEST } from '@signet/oci';
import { afterEach, describe, expect, it } from 'vitest';
import { type ContentCache, openContentCache } from '../../../packages/admission/src/index.ts';
import { whole } from '../../../packages/admission/src/proxy/pieces.ts';
import { tempDir } from '../../support/temp.ts';

const opened: ContentCache[] = [];
let failures: unknown[] = [];

afterEach(async () => {
  for (const cache of opened.splice(0)) await cache.close();
  failures = [];
});

async function open(dir: string, maxBytes = 100_000): Promise<ContentCache> {
  const cache = await openContentCache(dir, { maxBytes, onFailure: (error) => void failures.push(error) });
  opened.push(cache);
  return cache;
}

async function close(cache: ContentCache): Promise<void> {
  opened.splice(opened.indexOf(cache), 1);
  await cache.close();
}

const blobOf = (bytes: Uint8Array): Descriptor => ({
  mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
  digest: digestOf(bytes),
  size: bytes.length,
});

async function* inTwo(bytes: Uint8Array, failure?: Error): AsyncGenerator<Uint8Array> {
  yield bytes.subarray(0, 100);
  yield bytes.subarray(100);
  if (failure !== undefined) throw failure;
}

const fill = (cache: ContentCache, bytes: Uint8Array): Promise<Uint8Array> =>
  whole(cache.filling(blobOf(bytes), inTwo(bytes)));

async function read(cache: ContentCache, bytes: Uint8Array, range?: { start: number; end: number }) {
  const found = await cache.open(blobOf(bytes), range);
  return found === undefined ? undefined : { isPart: found.isPart, bytes: Buffer.from(await whole(found.pieces)) };
}

const fileOf = (dir: string, bytes: Uint8Array): string =>
  join(dir, 'content/blobs/sha256', digestHex(digestOf(bytes)));
const leftovers = (dir: string): readonly string[] => globSync('unfinished/*', { cwd: dir });

describe('the cache of a proxy', () => {
  it('keeps what came whole, gives it again, also after a new start', async () => {
    const dir = tempDir();
    const bytes = randomBytes(1000);
    const before = await open(dir);
    expect(await read(before, bytes)).toBeUndefined();
    expect(Buffer.from(await fill(before, bytes)).equals(bytes)).toBe(true);
    expect(before.has(blobOf(bytes))).toBe(true);
    expect(await read(before, bytes)).toEqual({ isPart: false, bytes });
    expect(await read(before, bytes, { start: 5, end: 9 })).toEqual({ isPart: true, bytes: bytes.subarray(5, 10) });
    await close(before);
    const after = await open(dir);
    expect(after.bytes).toBe(1000);
    // Not checked yet by this process: all of it comes, checked.
    expect(await read(after, bytes, { start: 5, end: 9 })).toEqual({ isPart: false, bytes });
    expect(await read(after, bytes, { start: 5, end: 9 })).toEqual({ isPart: true, bytes: bytes.subarray(5, 10) });
    expect(leftovers(dir)).toEqual([]);
  });

  it('keeps nothing of what did not come whole, or was given up', async () => {
    const dir = tempDir();
    const cache = await open(dir);
    const bytes = randomBytes(1000);
    await expect(whole(cache.filling(blobOf(bytes), inTwo(bytes, new RangeError('bad'))))).rejects.toThrow('bad');
    for await (const _ of cache.filling(blobOf(bytes), inTwo(bytes))) break;
    expect([cache.has(blobOf(bytes)), leftovers(dir), existsSync(fileOf(dir, bytes))]).toEqual([false, [], false]);
    await fill(cache, bytes);
    expect(cache.has(blobOf(bytes))).toBe(true);
  });

  it('writes once what two ask for at the same time, and both get it', async () => {
    const cache = await open(tempDir());
    const bytes = randomBytes(1000);
    const both = await Promise.all([fill(cache, bytes), fill(cache, bytes)]);
    expect(both.map((each) => Buffer.from(each).equals(bytes))).toEqual([true, true]);
    expect(cache.bytes).toBe(1000);
  });

  it('drops what was unused for longest, and stays within its size', async () => {
    const dir = tempDir();
    const cache = await open(dir, 3000);
    const all = Array.from({ length: 5 }, () => randomBytes(1000));
    const [first, second, third, ...more] = all as [Buffer, Buffer, Buffer, ...Buffer[]];
    for (const bytes of [first, second, third]) await fill(cache, bytes);
    await read(cache, first);
    for (const bytes of more) await fill(cache, bytes);
    expect(all.map((bytes) => cache.has(blobOf(bytes)))).toEqual([true, false, false, true, true]);
    expect(all.map((bytes) => existsSync(fileOf(dir, bytes)))).toEqual([true, false, false, true, true]);
    expect(cache.bytes).toBe(3000);
    expect(failures).toEqual([]);
  });

  it('keeps nothing that is larger than a half of it', async () => {
    const cache = await open(tempDir(), 3000);
    const bytes = randomBytes(1501);
    await fill(cache, bytes);
    expect(cache.has(blobOf(bytes))).toBe(false);
  });

  it('forgets a smaller cache from before down to its size', async () => {
    const dir = tempDir();
    const before = await open(dir);
    for (let at = 0; at < 5; at += 1) await fill(before, randomBytes(1000));
    await close(before);
    const after = await open(dir, 2500);
    await fill(after, randomBytes(500));
    expect(after.bytes).toBeLessThanOrEqual(2500);
  });

  it.each([
    ['changed', (path: string) => writeFileSync(path, randomBytes(1000))],
    ['shortened', (path: string) => truncateSync(path, 10)],
  ])('a file that was %s is never given whole, and is fetched anew', async (_what, damage) => {
    const dir = tempDir();
    const bytes = randomBytes(1000);
    const before = await open(dir);
    await fill(before, bytes);
    await close(before);
    const path = fileOf(dir, bytes);
    damage(path);
    const cache = await open(dir);
    const got = await read(cache, bytes).catch((error: Error) => error.message);
    expect(typeof got).not.toBe('object');
    expect(await read(cache, bytes)).toBeUndefined();
    await fill(cache, bytes);
    expect(await read(cache, bytes)).toEqual({ isPart: false, bytes });
  });

  it('a link in place of a file leads nowhere', async () => {
    const dir = tempDir();
    const secret = join(tempDir(), 'secret');
    writeFileSync(secret, 'secret');
    await close(await open(dir));
    mkdirSync(join(dir, 'content/blobs/sha256'), { recursive: true });
    symlinkSync(secret, fileOf(dir, Buffer.from('secret')));
    const cache = await open(dir);
    expect(await read(cache, Buffer.from('secret'))).toBeUndefined();
  });

  it('keeps manifests too, with the type that is in them', async () => {
    const dir = tempDir();
    const bytes = Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: MEDIA_TYPE_MANIFEST,
        config: { mediaType: 'a/b', digest: digestOf(Buffer.from('')), size: 0 },
        layers: [],
      }),
    );
    const descriptor = { mediaType: MEDIA_TYPE_MANIFEST, digest: digestOf(bytes), size: bytes.length };
    const before = await open(dir);
    await before.store({ bytes, descriptor });
    await close(before);
    const after = await open(dir);
    expect(await after.manifest(descriptor.digest)).toEqual({ bytes, descriptor });
    writeFileSync(fileOf(dir, bytes), Buffer.alloc(bytes.length));
    expect(await after.manifest(descriptor.digest)).toBeUndefined();
    expect(await after.manifest(digestOf(Buffer.from('x')))).toBeUndefined();
  });

  it('what a process that was killed left half-written is gone after the next start', async () => {
    const dir = tempDir();
    await close(await open(dir));
    writeFileSync(join(dir, 'unfinished', 'half'), 'half');
    await open(dir);
    expect(leftovers(dir)).toEqual([]);
  });

  it('is not begun in a folder that holds other things, nor where another one is', async () => {
    const dir = tempDir();
    writeFileSync(join(dir, 'thesis.txt'), 'mine');
    await expect(open(dir)).rejects.toThrow(/holds something else/);
    expect(readFileSync(join(dir, 'thesis.txt'), 'utf8')).toBe('mine');
    const used = tempDir();
    await open(used);
    await expect(open(used)).rejects.toThrow(/in use by process/);
    const file = join(tempDir(), 'file');
    writeFileSync(file, '');
    await expect(open(join(file, 'cache'))).rejects.toThrow();
  });
});
