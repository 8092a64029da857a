import { existsSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Algorithm, blobOf, digest, startTestRegistry, withDigest } from '../client.ts';

describe('an upload', () => {
  it.each<Algorithm>(['sha256', 'sha512'])('goes on in the next server on the folder, by %s', async (algorithm) => {
    const bytes = blobOf(3000);
    const first = await startTestRegistry();
    const location = await first.startUpload('team/app', `?digest-algorithm=${algorithm}`);
    await first.patch(location, bytes.subarray(0, 1000), '0-999');
    const untouched = await first.startUpload('team/app');
    await first.registry.close();
    const second = await startTestRegistry({ root: first.root });
    expect((await second.send(location)).headers.get('range')).toBe('0-999');
    expect((await second.patch(location, bytes.subarray(1000, 2000), '1000-1999')).status).toBe(202);
    await second.registry.close();
    const third = await startTestRegistry({ root: first.root });
    const wanted = digest(bytes, algorithm);
    const range = { 'Content-Range': '2000-2999' };
    expect((await third.put(withDigest(location, wanted), bytes.subarray(2000), range)).status).toBe(201);
    expect((await third.send(`/v2/team/app/blobs/${wanted}`)).body.equals(bytes)).toBe(true);
    // One without a byte is known too.
    expect((await third.send(untouched)).status).toBe(204);
    expect((await third.put(withDigest(untouched, digest('')), Buffer.alloc(0))).status).toBe(201);
  });

  it('that goes on after a restart still has its digest checked', async () => {
    const first = await startTestRegistry();
    const location = await first.startUpload('app');
    await first.patch(location, blobOf(1000), '0-999');
    await first.registry.close();
    const second = await startTestRegistry({ root: first.root });
    const reply = await second.put(withDigest(location, digest('other')), Buffer.alloc(0));
    expect([reply.status, reply.codes()]).toEqual([400, ['DIGEST_INVALID']]);
    expect(readdirSync(join(first.root, 'app/_uploads'))).toEqual([]);
  });

  it('that nobody touched for long is removed, one that was touched is not', async () => {
    let now = Date.now();
    const limits = { uploadExpiryMs: 4000 };
    const client = await startTestRegistry({ limits, now: () => now });
    const [old, used] = [await client.startUpload('app'), await client.startUpload('app')];
    await client.patch(old, blobOf(10));
    now += 3000;
    await client.send(used);
    now += 2000;
    // The sweep comes every second.
    const file = join(client.root, 'app/_uploads', old.split('/').at(-1) ?? '');
    while (existsSync(file)) await new Promise(setImmediate);
    expect((await client.send(old)).codes()).toEqual(['BLOB_UPLOAD_UNKNOWN']);
    expect((await client.send(used)).status).toBe(204);
  });

  it('of an earlier server that is too old is removed at the start, a younger one is not', async () => {
    const first = await startTestRegistry();
    const [old, young] = [await first.startUpload('app'), await first.startUpload('app')];
    await first.registry.close();
    const folder = join(first.root, 'app/_uploads');
    const file = join(folder, old.split('/').at(-1) ?? '');
    const longAgo = Date.now() / 1000 - 3 * 3600;
    utimesSync(file, longAgo, longAgo);
    writeFileSync(join(folder, 'mount-left-by-a-kill'), 'x');
    utimesSync(join(folder, 'mount-left-by-a-kill'), longAgo, longAgo);
    const second = await startTestRegistry({ root: first.root });
    while (readdirSync(folder).length > 1) await new Promise(setImmediate);
    expect((await second.send(young)).status).toBe(204);
  });

  it('is not found in the place of another file', async () => {
    const client = await startTestRegistry();
    await client.startUpload('app');
    writeFileSync(join(client.root, 'app/_uploads/other'), 'x');
    expect((await client.send('/v2/app/blobs/uploads/other')).codes()).toEqual(['BLOB_UPLOAD_UNKNOWN']);
  });
});
