import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { blobOf, digest, startTestRegistry, type TestClient } from '../client.ts';

let client: TestClient;
let url: string;
const bytes = blobOf(1000);
beforeAll(async () => {
  client = await startTestRegistry();
  url = `/v2/app/blobs/${await client.pushBlob('app', bytes)}`;
});

describe('ranges', () => {
  it.each([
    ['bytes=0-0', 0, 0],
    ['bytes=999-', 999, 999],
    ['bytes=-1', 999, 999],
    ['bytes=-5000', 0, 999],
    ['bytes=990-5000', 990, 999],
  ])('%s is a part', async (range, start, end) => {
    for (const method of ['GET', 'HEAD']) {
      const reply = await client.send(url, { method, headers: { Range: range } });
      expect([reply.status, reply.headers.get('content-range')]).toEqual([206, `bytes ${start}-${end}/1000`]);
      expect(reply.headers.get('content-length')).toBe(String(end - start + 1));
      if (method === 'GET') expect(reply.body.equals(bytes.subarray(start, end + 1))).toBe(true);
    }
  });

  it.each(['bytes=0-9,20-29', 'bytes=x', 'lines=1-2', 'bytes=-'])('%s is ignored', async (range) => {
    const reply = await client.send(url, { headers: { Range: range } });
    expect([reply.status, reply.headers.get('content-range'), reply.body.length]).toEqual([200, null, 1000]);
    expect(reply.headers.get('accept-ranges')).toBe('bytes');
  });

  it.each(['bytes=1000-', 'bytes=1000-1001', 'bytes=5-4', 'bytes=-0'])('%s cannot be had', async (range) => {
    const reply = await client.send(url, { headers: { Range: range } });
    expect([reply.status, reply.codes(), reply.headers.get('content-range')]).toEqual([
      416,
      ['SIZE_INVALID'],
      'bytes */1000',
    ]);
  });

  it('of a large blob come as they are read', async () => {
    const large = blobOf(700_000);
    const path = `/v2/app/blobs/${await client.pushBlob('app', large)}`;
    expect((await client.send(path)).body.equals(large)).toBe(true);
    const reply = await client.send(path, { headers: { Range: 'bytes=100000-599999' } });
    expect(reply.body.equals(large.subarray(100_000, 600_000))).toBe(true);
  });

  it('of an empty blob cannot be had', async () => {
    const path = `/v2/app/blobs/${await client.pushBlob('app', Buffer.alloc(0))}`;
    expect((await client.send(path)).body.length).toBe(0);
    expect((await client.send(path, { headers: { Range: 'bytes=0-' } })).status).toBe(416);
  });
});

describe('a blob', () => {
  it('that the client has is 304', async () => {
    const etag = (await client.send(url, { method: 'HEAD' })).headers.get('etag') ?? '';
    expect(etag).toBe(`"${digest(bytes)}"`);
    const reply = await client.send(url, { headers: { 'If-None-Match': etag } });
    expect([reply.status, reply.body.length]).toEqual([304, 0]);
    expect((await client.send(url, { headers: { 'If-None-Match': '"other"' } })).status).toBe(200);
  });

  it('of another repository is 404', async () => {
    await client.pushBlob('other', blobOf());
    expect((await client.send(url.replace('/app/', '/other/'))).codes()).toEqual(['BLOB_UNKNOWN']);
    expect((await client.send(url.replace('/app/', '/none/'))).codes()).toEqual(['NAME_UNKNOWN']);
  });

  it('is deleted once', async () => {
    const path = `/v2/app/blobs/${await client.pushBlob('app', blobOf())}`;
    expect((await client.send(path, { method: 'DELETE' })).status).toBe(202);
    const again = await client.send(path, { method: 'DELETE' });
    expect([again.status, again.codes()]).toEqual([404, ['BLOB_UNKNOWN']]);
  });

  it('that is a manifest is read, and not deleted as a blob', async () => {
    const image = await client.pushImage('app', 'v1');
    const path = `/v2/app/blobs/${image.digest}`;
    expect((await client.send(path)).body.equals(image.bytes)).toBe(true);
    const reply = await client.send(path, { method: 'DELETE' });
    expect([reply.status, reply.codes(), reply.headers.get('allow')]).toEqual([405, ['UNSUPPORTED'], 'GET, HEAD']);
    expect((await client.send('/v2/app/manifests/v1')).status).toBe(200);
  });

  it('that was damaged on disk never reaches a client whole', async () => {
    for (const size of [1000, 700_000]) {
      const damaged = blobOf(size);
      const wanted = await client.pushBlob('damaged', damaged);
      const file = join(client.root, 'damaged/_layout/blobs/sha256', wanted.slice(7));
      const path = `/v2/damaged/blobs/${wanted}`;
      if (size === 1000) {
        writeFileSync(file, blobOf(size)); // of the same size: only its digest tells
        await expect(client.send(path)).rejects.toThrow();
      }
      truncateSync(file, size - 1);
      const reply = await client.send(path).catch(() => undefined);
      expect(reply === undefined || !reply.body.equals(damaged)).toBe(true);
      expect(await client.pushBlob('damaged', damaged)).toBe(wanted);
      expect((await client.send(path)).body.equals(damaged)).toBe(true);
    }
  });
});
