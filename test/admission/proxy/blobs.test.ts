import { randomBytes } from 'node:crypto';
import { type Descriptor, MEDIA_TYPE_LAYER_GZIP, type Resolved, toDescriptorJson } from '@signet/oci';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Got, type ProxyWorld, type Repository, startProxyWorld, worldPolicy } from './world.ts';

let world: ProxyWorld;
let app: Repository;
const content = randomBytes(3 * 1024 * 1024);

beforeAll(async () => {
  world = await startProxyWorld();
  app = world.repository('app');
});
afterAll(() => world.proxy.close());

/** A signed image with this layer, asked for already unless `isAsked` is false. */
async function signedImage(layer: Descriptor, tag: string, { isAsked = true } = {}): Promise<Resolved> {
  const config = toDescriptorJson(await app.blob(`{"tag":"${tag}"}`));
  const image = await app.manifest({ config, layers: [toDescriptorJson(layer)] }, { tag });
  await app.sign(image);
  if (isAsked) expect((await world.get(`/v2/app/manifests/${tag}`)).status).toBe(200);
  return image;
}

const blob = (digest: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Got> =>
  world.get(`/v2/app/blobs/${digest}`, { headers, method });

describe('a blob', () => {
  it('is given once a manifest passed that names it, and not before', async () => {
    const layer = await app.blob('layer', MEDIA_TYPE_LAYER_GZIP);
    await signedImage(layer, 'first', { isAsked: false });
    expect(await blob(layer.digest)).toMatchObject({
      status: 403,
      error: { code: 'DENIED', detail: { code: 'BLOB_NOT_NAMED' } },
    });
    expect(world.asked.filter((what) => what.startsWith('open'))).toEqual([]);
    await world.get('/v2/app/manifests/first');
    const got = await blob(layer.digest);
    expect([got.status, got.bytes.toString()]).toEqual([200, 'layer']);
    expect(Object.fromEntries(got.headers)).toMatchObject({
      'docker-content-digest': layer.digest,
      'content-length': '5',
      'content-type': 'application/octet-stream',
      'accept-ranges': 'bytes',
    });
  });

  it('of an image that does not pass is never given', async () => {
    await app.image('unsigned', 'unsigned');
    const layer = await app.blob('unsigned');
    await world.get('/v2/app/manifests/unsigned');
    expect((await blob(layer.digest)).status).toBe(403);
  });

  it('is answered to HEAD as to GET', async () => {
    const layer = await app.blob(content, MEDIA_TYPE_LAYER_GZIP);
    await signedImage(layer, 'head');
    const head = await blob(layer.digest, {}, 'HEAD');
    expect([head.status, head.headers.get('content-length'), head.bytes.length]).toEqual([200, `${content.length}`, 0]);
    const part = await blob(layer.digest, { range: 'bytes=1-2' }, 'HEAD');
    expect([part.status, part.headers.get('content-range')]).toEqual([206, `bytes 1-2/${content.length}`]);
  });

  it('is unknown where the manifest names what the registry does not have', async () => {
    const gone = { mediaType: MEDIA_TYPE_LAYER_GZIP, digest: (await app.blob('gone')).digest, size: 4 };
    await signedImage(gone, 'gone');
    await app.store.delete(gone);
    for (const method of ['GET', 'HEAD']) expect((await blob(gone.digest, {}, method)).status).toBe(404);
    expect((await blob(gone.digest)).error).toMatchObject({ code: 'BLOB_UNKNOWN' });
  });

  it('of no bytes is given too', async () => {
    const empty = await app.blob('', MEDIA_TYPE_LAYER_GZIP);
    await signedImage(empty, 'empty');
    expect(await blob(empty.digest)).toMatchObject({ status: 200, bytes: Buffer.alloc(0) });
    expect((await blob(empty.digest, { range: 'bytes=0-' })).status).toBe(416);
  });

  it('is found by a client that has index and manifests from before, and asks for the tag alone', async () => {
    const layer = await app.blob('lazy', MEDIA_TYPE_LAYER_GZIP);
    const config = toDescriptorJson(await app.blob('{"lazy":1}'));
    const children = await Promise.all(
      ['a', 'b', 'c'].map((name) => app.manifest({ config, layers: [toDescriptorJson(layer)], annotations: { name } })),
    );
    const missing = { ...layer, mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: layer.digest };
    await app.sign(await app.index([...children.map(({ descriptor }) => descriptor), missing], 'lazy'));
    expect((await blob(layer.digest)).status).toBe(403);
    await world.get('/v2/app/manifests/lazy', { method: 'HEAD' });
    const side = await Promise.all(Array.from({ length: 5 }, () => blob(layer.digest)));
    expect(side.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    expect(
      world.asked.filter((what) => what === `resolve r.example/app ${children[0]?.descriptor.digest}`),
    ).toHaveLength(1);
  });

  it('is forgotten with the policy', async () => {
    const layer = await app.blob('forgotten', MEDIA_TYPE_LAYER_GZIP);
    await signedImage(layer, 'forgotten');
    world.judge.usePolicy(worldPolicy(undefined, { revision: 'f'.repeat(64) }));
    expect((await blob(layer.digest)).status).toBe(403);
    await world.get('/v2/app/manifests/forgotten');
    expect((await blob(layer.digest)).status).toBe(200);
  });
});

describe('parts of a blob', () => {
  const size = content.length;
  const cases: readonly (readonly [string, number, number])[] = [
    ['bytes=0-0', 0, 0],
    ['bytes=0-', 0, size - 1],
    [`bytes=${size - 1}-`, size - 1, size - 1],
    ['bytes=-5', size - 5, size - 1],
    ['bytes=100000-2000000', 100_000, 2_000_000],
    [`bytes=5-${size * 2}`, 5, size - 1],
  ];
  let layer: Descriptor;

  beforeAll(async () => {
    layer = await app.blob(content, MEDIA_TYPE_LAYER_GZIP);
    await signedImage(layer, 'ranges');
  });

  it.each(cases)('%s', async (range, start, end) => {
    const got = await blob(layer.digest, { range });
    expect([got.status, got.headers.get('content-range')]).toEqual([206, `bytes ${start}-${end}/${size}`]);
    expect(got.bytes.equals(content.subarray(start, end + 1))).toBe(true);
  });

  it.each(['bytes=5-1,7-9', 'lines=1-2', 'bytes=', 'bytes=a-b', 'bytes=--1'])('%s is ignored', async (range) => {
    const got = await blob(layer.digest, { range });
    expect([got.status, got.bytes.length]).toEqual([200, size]);
  });

  it.each([`bytes=${size}-`, `bytes=${size}-${size + 1}`, 'bytes=-0'])('%s lies outside', async (range) => {
    const got = await blob(layer.digest, { range });
    expect([got.status, got.headers.get('content-range')]).toEqual([416, `bytes */${size}`]);
  });

  it('are given of what the client began with, else all', async () => {
    const range = 'bytes=1-2';
    expect((await blob(layer.digest, { range, 'if-range': `"${layer.digest}"` })).status).toBe(206);
    expect((await blob(layer.digest, { range, 'if-range': '"other"' })).status).toBe(200);
    expect((await blob(layer.digest, { 'if-none-match': `"${layer.digest}"` })).status).toBe(304);
  });
});
