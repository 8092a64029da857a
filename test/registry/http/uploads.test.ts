import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { blobOf, digest, locationOf, startTestRegistry, streamOf, type TestClient, withDigest } from '../client.ts';
import { rawConnection } from '../raw.ts';

let client: TestClient;
beforeAll(async () => {
  client = await startTestRegistry();
});

async function rangeOf(location: string, of: TestClient = client): Promise<string | null> {
  const reply = await of.send(location);
  expect(reply.status).toBe(204);
  return reply.headers.get('range');
}

describe('a session', () => {
  it('tells its location, its id and its range', async () => {
    const reply = await client.send('/v2/app/blobs/uploads/', { method: 'POST' });
    const id = reply.headers.get('docker-upload-uuid') ?? '';
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
    expect([reply.status, locationOf(reply), reply.headers.get('range')]).toEqual([
      202,
      `/v2/app/blobs/uploads/${id}`,
      '0-0',
    ]);
  });

  it('belongs to its repository', async () => {
    const location = await client.startUpload('app');
    const elsewhere = location.replace('/app/', '/other/');
    for (const method of ['GET', 'PATCH', 'DELETE'])
      expect((await client.send(elsewhere, { method })).codes()).toEqual(['BLOB_UPLOAD_UNKNOWN']);
    expect(await rangeOf(location)).toBe('0-0');
  });

  it('of a name that nobody has written to is looked for, and makes nothing', async () => {
    const location = '/v2/never/written/blobs/uploads/00000000-0000-4000-8000-000000000000';
    for (const method of ['GET', 'PATCH', 'PUT', 'DELETE'])
      expect((await client.send(location, { method })).codes()).toEqual(['BLOB_UPLOAD_UNKNOWN']);
    expect(readdirSync(client.root)).not.toContain('never');
  });

  it.each(['x', '%2e%2e%2fapp', '00000000-0000-0000-0000-000000000000', 'mount-x'])('%s is none', async (id) => {
    const location = `/v2/app/blobs/uploads/${id}`;
    for (const method of ['PATCH', 'DELETE']) expect((await client.send(location, { method })).status).toBe(404);
    expect((await client.put(withDigest(location, digest('')), Buffer.alloc(0))).status).toBe(404);
  });

  it('ends with its PUT, right or wrong', async () => {
    const bytes = blobOf();
    const good = await client.startUpload('app');
    await client.put(withDigest(good, digest(bytes)), bytes);
    const bad = await client.startUpload('app');
    expect((await client.put(withDigest(bad, digest('other')), bytes)).codes()).toEqual(['DIGEST_INVALID']);
    for (const location of [good, bad]) expect((await client.send(location)).codes()).toEqual(['BLOB_UPLOAD_UNKNOWN']);
    expect(readdirSync(join(client.root, 'app/_uploads'))).not.toContain(bad.split('/').at(-1));
  });

  it('goes on after a PUT without a digest, or with one that is none', async () => {
    const bytes = blobOf();
    const location = await client.startUpload('app');
    expect((await client.put(location, bytes)).codes()).toEqual(['DIGEST_INVALID']);
    expect((await client.put(`${location}?digest=md5:x`, bytes)).codes()).toEqual(['DIGEST_INVALID']);
    expect((await client.put(withDigest(location, digest(bytes)), bytes)).status).toBe(201);
  });

  it('may be finished by another algorithm than it began with', async () => {
    const bytes = blobOf();
    for (const [query, algorithm] of [
      ['?digest-algorithm=sha256', 'sha512'],
      ['?digest-algorithm=sha512', 'sha256'],
    ] as const) {
      const location = await client.startUpload('app', query);
      const reply = await client.put(withDigest(location, digest(bytes, algorithm)), bytes);
      expect([reply.status, reply.headers.get('docker-content-digest')]).toEqual([201, digest(bytes, algorithm)]);
    }
    const md5 = await client.send('/v2/app/blobs/uploads/?digest-algorithm=md5', { method: 'POST' });
    expect([md5.status, md5.codes()]).toEqual([400, ['DIGEST_INVALID']]);
  });
});

describe('chunks', () => {
  it.each([
    ['that begin too late', '5-9', 416, ['BLOB_UPLOAD_INVALID']],
    ['that are shorter than their range', '0-19', 400, ['SIZE_INVALID']],
    ['that are longer than their range', '0-4', 400, ['SIZE_INVALID']],
    ['whose range is none', 'x', 400, ['BLOB_UPLOAD_INVALID']],
    ['whose range is backwards', '9-0', 400, ['BLOB_UPLOAD_INVALID']],
  ])('%s are refused and leave nothing', async (_title, range, status, codes) => {
    const location = await client.startUpload('app');
    const reply = await client.patch(location, Buffer.alloc(10), range);
    expect([reply.status, reply.codes(), await rangeOf(location)]).toEqual([status, codes, '0-0']);
  });

  it.each([
    ['shorter', 9, 400],
    ['longer', 11, 413],
  ])('of unstated length that are %s than their range are taken back', async (_title, size, status) => {
    const bytes = blobOf(20);
    const location = await client.startUpload('app');
    await client.patch(location, bytes.subarray(0, 5), '0-4');
    const headers = { 'Content-Range': '5-14' };
    const body = streamOf(bytes.subarray(5, 10), bytes.subarray(10, 5 + size));
    const reply = await client.send(location, { method: 'PATCH', headers, body });
    expect([reply.status, reply.codes(), await rangeOf(location)]).toEqual([status, ['SIZE_INVALID'], '0-4']);
    expect((await client.patch(location, bytes.subarray(5), '5-19')).status).toBe(202);
    expect((await client.put(withDigest(location, digest(bytes)), Buffer.alloc(0))).status).toBe(201);
  });

  it('out of order are told where to go on', async () => {
    const location = await client.startUpload('app');
    await client.patch(location, Buffer.alloc(10), '0-9');
    const reply = await client.patch(location, Buffer.alloc(10), '0-9');
    expect([reply.status, reply.headers.get('range'), locationOf(reply)]).toEqual([416, '0-9', location]);
  });

  it('that break off stay as far as they came', async () => {
    const bytes = blobOf(1000);
    const location = await client.startUpload('app');
    const connection = rawConnection(client.registry);
    connection.write(`PATCH ${location} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n`, bytes.subarray(0, 600));
    const file = join(client.root, 'app/_uploads', location.split('/').at(-1) ?? '');
    while (statSync(file).size < 600) await new Promise((resolve) => setImmediate(resolve));
    connection.socket.destroy(); // the rest never comes
    while ((await rangeOf(location)) === '0-0') await new Promise((resolve) => setImmediate(resolve));
    expect(await rangeOf(location)).toBe('0-599');
    expect((await client.patch(location, bytes.subarray(600), '600-999')).status).toBe(202);
    expect((await client.put(withDigest(location, digest(bytes)), Buffer.alloc(0))).status).toBe(201);
  });

  it('while another is being sent are refused with 409', async () => {
    const bytes = blobOf(10);
    const location = await client.startUpload('app');
    const connection = rawConnection(client.registry);
    connection.write(`PATCH ${location} HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n`);
    await connection.until('100 Continue');
    const refused = await client.patch(location, bytes);
    expect([refused.status, refused.codes()]).toEqual([409, ['BLOB_UPLOAD_INVALID']]);
    expect((await client.send(location, { method: 'DELETE' })).status).toBe(409);
    connection.write(bytes);
    await connection.until('202 Accepted');
    connection.socket.destroy();
    expect((await client.put(withDigest(location, digest(bytes)), Buffer.alloc(0))).status).toBe(201);
  });
});

describe('limits', () => {
  it('on the size of a blob: 413, stated or not, whole or in chunks', async () => {
    const small = await startTestRegistry({ limits: { maxBlobBytes: 1000 } });
    const [fits, large] = [blobOf(1000), blobOf(1001)];
    await small.pushBlob('app', fits);
    const post = { method: 'POST', body: large };
    expect((await small.send(`/v2/app/blobs/uploads/?digest=${digest(large)}`, post)).status).toBe(413);
    const location = await small.startUpload('app');
    expect((await small.put(withDigest(location, digest(large)), large)).codes()).toEqual(['SIZE_INVALID']);
    await small.patch(location, large.subarray(0, 999));
    const body = streamOf(large.subarray(999));
    expect((await small.send(location, { method: 'PATCH', body })).status).toBe(413);
    expect(await rangeOf(location, small)).toBe('0-998');
    await small.send(location, { method: 'DELETE' });
    expect(readdirSync(join(small.root, 'app/_uploads'))).toEqual([]);
  });

  it('on open sessions: 429 with Retry-After, until one ends', async () => {
    const small = await startTestRegistry({ limits: { maxUploads: 2 } });
    const [one] = [await small.startUpload('a'), await small.startUpload('b')];
    const refused = await small.send('/v2/c/blobs/uploads/', { method: 'POST' });
    expect([refused.status, refused.codes()]).toEqual([429, ['TOOMANYREQUESTS']]);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    await small.send(one, { method: 'DELETE' });
    await small.startUpload('c');
  });
});

describe('mounting', () => {
  it('what is there already is 201, with no other repository', async () => {
    const wanted = await client.pushBlob('app', blobOf());
    const reply = await client.send(`/v2/app/blobs/uploads/?mount=${wanted}`, { method: 'POST' });
    expect([reply.status, locationOf(reply)]).toEqual([201, `/v2/app/blobs/${wanted}`]);
  });

  it('from a name that is none is refused, and so is a digest that is none', async () => {
    const wanted = digest(blobOf());
    const name = await client.send(`/v2/app/blobs/uploads/?mount=${wanted}&from=../x`, { method: 'POST' });
    expect([name.status, name.codes()]).toEqual([400, ['NAME_INVALID']]);
    const bad = await client.send('/v2/app/blobs/uploads/?mount=sha256:x&from=a', { method: 'POST' });
    expect([bad.status, bad.codes()]).toEqual([400, ['DIGEST_INVALID']]);
  });

  it('outlives the blob that it came from', async () => {
    const bytes = blobOf();
    const wanted = await client.pushBlob('source', bytes);
    await client.send(`/v2/target/blobs/uploads/?mount=${wanted}&from=source`, { method: 'POST' });
    await client.send(`/v2/source/blobs/${wanted}`, { method: 'DELETE' });
    expect((await client.send(`/v2/target/blobs/${wanted}`)).body.equals(bytes)).toBe(true);
    expect(readdirSync(join(client.root, 'target/_uploads'))).toEqual([]);
  });
});
