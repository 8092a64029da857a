// Not in npm run check: processes that are killed, writers that wait for one another.

import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { openLayout, type Resolved } from '@signet/oci';
import { describe, expect, it } from 'vitest';
import { run } from '../../support/process.ts';
import { tempDir } from '../../support/temp.ts';
import { startZombie } from '../../support/zombie.ts';
import { allOf, describeBytes, pushImage, referrerDigests } from '../images.ts';

const pusher = join(import.meta.dirname, 'pusher.ts');
const nodeArgs = ['-C', '@signet/source', pusher];

async function newLayout(): Promise<{ dir: string; image: Resolved }> {
  const dir = tempDir();
  const image = await pushImage(await openLayout(dir, { create: true }), 'a');
  return { dir, image };
}

/** Kills the pusher with SIGKILL once it has told of so many; gives what it told of. */
function killedPusher(args: readonly string[], after: number): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...nodeArgs, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    let told = '';
    child.stdout.on('data', (piece: Buffer) => {
      told += piece.toString();
      if (told.split('\n').length > after) child.kill('SIGKILL');
    });
    child.on('error', reject);
    child.on('close', () => resolve(told.split('\n').slice(0, -1)));
  });
}

/** Every file that index.json names is whole. */
async function expectWhole(dir: string): Promise<void> {
  const layout = await openLayout(dir);
  for (const tag of await allOf(layout.tags())) await layout.resolve(tag);
}

/** Runs work as one who may read the folder only: root may write anywhere, so it becomes somebody else meanwhile. */
async function asReader(dir: string, work: () => Promise<void>): Promise<void> {
  const folders = [dir, join(dir, '.unfinished')];
  const isRoot = process.geteuid?.() === 0;
  for (const folder of folders) chmodSync(folder, 0o555);
  if (isRoot) process.seteuid?.(65_534);
  try {
    await work();
  } finally {
    if (isRoot) process.seteuid?.(0);
    for (const folder of folders) chmodSync(folder, 0o755);
  }
}

describe('an image layout', () => {
  it.each(['exclusive', 'shared'])('loses nothing that was acknowledged when its %s writer is killed', async (mode) => {
    const { dir, image } = await newLayout();
    for (let round = 0; round < 4; round++) {
      const told = await killedPusher([dir, mode, `r${round}`, '1000', image.descriptor.digest], 1 + round * 2);
      expect(told.length).toBeGreaterThan(0);
      const layout = await openLayout(dir, { exclusive: mode === 'exclusive' });
      const listed = await referrerDigests(layout, image.descriptor);
      for (const [digest = '', tag = ''] of told.map((line) => line.split(' '))) {
        expect(listed).toContain(digest);
        expect((await layout.resolve(tag)).descriptor.digest).toBe(digest);
      }
      await expectWhole(dir);
      expect(existsSync(join(dir, '.unfinished')) ? readdirSync(join(dir, '.unfinished')) : []).toEqual([]);
    }
  });

  it('keeps what several processes write at once', async () => {
    const { dir, image } = await newLayout();
    const names = ['p', 'q', 'r', 's'];
    const runs = names.map((name) =>
      run(process.execPath, [...nodeArgs, dir, 'shared', name, '5', image.descriptor.digest]),
    );
    for (const done of await Promise.all(runs)) expect(done).toMatchObject({ code: 0, stderr: '' });
    const layout = await openLayout(dir);
    expect(await referrerDigests(layout, image.descriptor)).toHaveLength(20);
    const wanted = names.flatMap((name) => Array.from({ length: 5 }, (_, n) => `${name}-${n}`));
    expect((await allOf(layout.tags())).sort()).toEqual(wanted.sort());
    expect(readdirSync(dir).filter((name) => name.startsWith('.lock'))).toEqual([]);
  });

  it('sees what another opener has written since', async () => {
    const { dir, image } = await newLayout();
    const [one, other] = [await openLayout(dir), await openLayout(dir)];
    await one.tag(image, 'v1');
    expect((await other.resolve('v1')).descriptor.digest).toBe(image.descriptor.digest);
    await other.untag('v1');
    expect(await allOf(one.tags())).toEqual([]);
  });

  it.each([
    ['a dead process', { host: hostname(), pid: 2 ** 22 + 1, thread: 0 }],
    ['an earlier process with our id', { host: hostname(), pid: process.pid, thread: 0 }],
  ])('takes away the lock of %s', async (_title, owner) => {
    const { dir, image } = await newLayout();
    writeFileSync(join(dir, '.lock'), JSON.stringify({ ...owner, nonce: 'ab'.repeat(12) }));
    await (await openLayout(dir)).tag(image, 'v1');
    expect(existsSync(join(dir, '.lock'))).toBe(false);
  });

  it('takes away the lock of a process that has ended and whose parent does not wait for it', async () => {
    const { dir, image } = await newLayout();
    const { pid, stop } = await startZombie();
    writeFileSync(join(dir, '.lock'), JSON.stringify({ host: hostname(), pid, thread: 0, nonce: 'ab'.repeat(12) }));
    await (await openLayout(dir)).tag(image, 'v1').finally(stop);
    expect(existsSync(join(dir, '.lock'))).toBe(false);
  });

  it('takes away the lock of a process whose number another process has by now', async () => {
    const { dir } = await newLayout();
    const owner = { host: hostname(), pid: process.ppid, thread: 0, nonce: 'ab'.repeat(12), started: '1' };
    writeFileSync(join(dir, '.lock'), JSON.stringify(owner));
    await pushImage(await openLayout(dir), 'b');
    expect(existsSync(join(dir, '.lock'))).toBe(false);
  });

  it.each([1, 2, 3])(
    'is not stopped by %d processes that were killed while they took such a lock away',
    async (count) => {
      const { dir } = await newLayout();
      const nonces = Array.from({ length: count + 1 }, (_, at) => `${at}a`.repeat(12));
      let path = join(dir, '.lock');
      for (const nonce of nonces) {
        writeFileSync(path, JSON.stringify({ host: hostname(), pid: 2 ** 22 + 1, thread: 0, nonce }));
        path += `.dead-${nonce}`;
      }
      await pushImage(await openLayout(dir), 'b');
      expect(readdirSync(dir).filter((name) => name.startsWith('.lock'))).toEqual([]);
    },
  );

  it('removes what is left of taking a lock away that is gone', async () => {
    const { dir } = await newLayout();
    const nonce = 'ab'.repeat(12);
    const left = { host: hostname(), pid: process.ppid, thread: 0, nonce };
    writeFileSync(join(dir, `.lock.dead-${nonce}`), JSON.stringify(left));
    await pushImage(await openLayout(dir), 'b');
    expect(readdirSync(dir).filter((name) => name.startsWith('.lock'))).toEqual([]);
  });

  it('is read, with what a killed writer left, by one who may not write to it', async () => {
    const { dir, image } = await newLayout();
    const left = `${hostname()}~${2 ** 22 + 1}~aa`;
    mkdirSync(join(dir, '.unfinished'), { recursive: true });
    writeFileSync(join(dir, '.unfinished', left), 'half');
    await asReader(dir, async () => {
      const layout = await openLayout(dir);
      expect(await layout.resolve(image.descriptor.digest)).toMatchObject({ bytes: image.bytes });
    });
    await openLayout(dir);
    expect(readdirSync(join(dir, '.unfinished'))).toEqual([]);
  });

  it('takes away an old lock of another host and one that says nothing', async () => {
    const { dir, image } = await newLayout();
    const lock = join(dir, '.lock');
    for (const text of [JSON.stringify({ host: 'elsewhere', pid: 1, thread: 0, nonce: 'cd'.repeat(12) }), 'garbage']) {
      writeFileSync(lock, text);
      utimesSync(lock, new Date(0), new Date(0));
      await (await openLayout(dir)).tag(image, 'v1');
      expect(existsSync(lock)).toBe(false);
    }
  });

  it('removes unfinished files of dead processes, and in an exclusive layout all of them', async () => {
    const { dir } = await newLayout();
    const unfinished = join(dir, '.unfinished');
    mkdirSync(unfinished, { recursive: true });
    const [dead, living] = [`${hostname()}~${2 ** 22 + 1}~aa`, `${hostname()}~${process.ppid}~bb`];
    for (const name of [dead, living]) writeFileSync(join(unfinished, name), 'half');
    await openLayout(dir);
    expect(readdirSync(unfinished)).toEqual([living]);
    await openLayout(dir, { exclusive: true });
    expect(readdirSync(unfinished)).toEqual([]);
  });

  it('takes a finished file over, and refuses one of another size', async () => {
    const { dir } = await newLayout();
    const layout = await openLayout(dir, { exclusive: true });
    const upload = join(dir, 'upload');
    writeFileSync(upload, 'finished');
    const blob = describeBytes(Buffer.from('finished'));
    await expect(layout.adopt(upload, { ...blob, size: 3 })).rejects.toMatchObject({ code: 'SIZE_MISMATCH' });
    await layout.adopt(upload, blob);
    expect(existsSync(upload)).toBe(false);
    expect(Buffer.from(await layout.fetch(blob)).toString()).toBe('finished');
    expect(Buffer.concat(await allOf(await layout.openRange(blob.digest, { start: 2, end: 5 }))).toString()).toBe(
      'nis',
    );
    expect(await layout.sizeOf(blob.digest)).toBe(8);
  });

  it('writes index.json that ends whole at every moment', async () => {
    const { dir, image } = await newLayout();
    const layout = await openLayout(dir, { exclusive: true });
    const tagging = Promise.all(Array.from({ length: 50 }, (_, n) => layout.tag(image, `t${n}`)));
    let isDone = false;
    void tagging.finally(() => {
      isDone = true;
    });
    while (!isDone) {
      JSON.parse(readFileSync(join(dir, 'index.json'), 'utf8'));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await tagging;
    expect(await allOf((await openLayout(dir)).tags())).toHaveLength(50);
  });
});
