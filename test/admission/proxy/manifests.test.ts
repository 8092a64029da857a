import { type Digest, MEDIA_TYPE_MANIFEST, toDescriptorJson } from '@signet/oci';
import type { TrustedAnswer } from '@signet/verifier';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { catalogueOf } from '../../verifier/policy/catalogue-data.ts';
import { mallory, type ProxyWorld, type Repository, startProxyWorld, type WorldOptions, worldPolicy } from './world.ts';

let world: ProxyWorld;
let app: Repository;

beforeEach(() => start());
afterEach(() => world.proxy.close());

async function start(options: WorldOptions = {}): Promise<void> {
  await world?.proxy.close();
  world = await startProxyWorld(options);
  app = world.repository('app');
}

const manifest = (reference: string, name = 'app') => world.get(`/v2/${name}/manifests/${reference}`);

describe('a manifest by tag', () => {
  it('is given when it is signed, with the digest that was verified', async () => {
    const image = await app.image('hello', '1');
    await app.sign(image);
    const got = await manifest('1');
    expect(got.status).toBe(200);
    expect(got.bytes.equals(image.bytes)).toBe(true);
    expect(Object.fromEntries(got.headers)).toMatchObject({
      'docker-content-digest': image.descriptor.digest,
      'content-type': MEDIA_TYPE_MANIFEST,
      etag: `"${image.descriptor.digest}"`,
      'docker-distribution-api-version': 'registry/2.0',
    });
  });

  it('is answered to HEAD and to GET alike', async () => {
    const image = await app.image('hello', '1');
    await app.sign(image);
    await app.image('plain', '2');
    for (const tag of ['1', '2', '3']) {
      const [head, got] = [await world.get(`/v2/app/manifests/${tag}`, { method: 'HEAD' }), await manifest(tag)];
      expect(head.status).toBe(got.status);
      for (const name of ['content-length', 'content-type', 'docker-content-digest'])
        expect(head.headers.get(name)).toBe(got.headers.get(name));
      expect(head.bytes).toHaveLength(0);
    }
  });

  it('is known to a client that has it, once it passes', async () => {
    const image = await app.image('hello', '1');
    const known = { headers: { 'if-none-match': `"${image.descriptor.digest}"` } };
    expect((await world.get('/v2/app/manifests/1', known)).status).toBe(403);
    await app.sign(image);
    world.judge.forget('r.example/app');
    expect(await world.get('/v2/app/manifests/1', known)).toMatchObject({ status: 304 });
  });

  it('is refused when it is unsigned: code, rule, digest and remedy are told', async () => {
    const { descriptor } = await app.image('plain', '1');
    const got = await manifest('1');
    expect(got.status).toBe(403);
    expect(got.error).toMatchObject({
      code: 'DENIED',
      detail: {
        image: 'r.example/app:1',
        verdict: 'denied',
        code: 'NO_SIGNATURE',
        rule: 'r.example/**',
        digest: descriptor.digest,
        remedy: expect.stringContaining('sign the image'),
      },
    });
    expect(got.error?.message).toContain('r.example/app:1: denied (NO_SIGNATURE): no signature');
    expect(world.log).toContainEqual(
      expect.objectContaining({ msg: 'refused', image: 'r.example/app', reference: '1', status: 403, code: 'DENIED' }),
    );
  });

  it('is refused when another key signed it, and the nearest miss is told', async () => {
    await app.sign(await app.image('hello', '1'), mallory);
    expect((await manifest('1')).error).toMatchObject({ code: 'DENIED', detail: { code: 'NOT_TRUSTED' } });
    expect((await manifest('1')).error?.message).toMatch(/signed by key \w+ .*does not trust/);
  });

  it('is unknown when the registry does not know it', async () => {
    expect(await manifest('1')).toMatchObject({ status: 404, error: { code: 'MANIFEST_UNKNOWN' } });
    expect(await manifest('1', 'nowhere')).toMatchObject({ status: 404, error: { code: 'MANIFEST_UNKNOWN' } });
  });

  it('is refused where no rule is for it, and the registry is not asked', async () => {
    await start({ rules: { 'r.example/prod/**': {} } });
    await app.image('hello', '1');
    expect((await manifest('1')).error).toMatchObject({ code: 'DENIED', detail: { code: 'NO_RULE' } });
    expect(world.asked).toEqual([]);
  });

  it('means what the judge said, though the tag was moved since', async () => {
    const image = await app.image('hello', '1');
    await app.sign(image);
    await manifest('1');
    await app.image('evil', '1');
    const got = await manifest('1');
    expect(got.headers.get('docker-content-digest')).toBe(image.descriptor.digest);
    expect(got.bytes.equals(image.bytes)).toBe(true);
    world.judge.forget('r.example/app');
    expect((await manifest('1')).status).toBe(403);
  });

  it('under `tag: bound` must be the one that the signature names', async () => {
    await start({ rules: { 'r.example/**': { tag: 'bound' } } });
    const image = await app.image('hello', '1');
    const name = { 'org.opencontainers.image.ref.name': 'r.example/app:1' };
    await app.sign(image, undefined, name);
    await app.store.tag(image, '2');
    expect((await manifest('1')).status).toBe(200);
    expect((await manifest('2')).error).toMatchObject({ code: 'DENIED', detail: { code: 'TAG_MISMATCH' } });
  });

  it('that could not be decided about is never given: 503 with a code of its own', async () => {
    const down = (): never => {
      throw new TypeError('down');
    };
    await start({ open: (_name, store) => ({ ...store, referrers: down }) });
    await app.image('hello', '1');
    const got = await manifest('1');
    expect(got).toMatchObject({ status: 503, error: { code: 'UNDECIDED', detail: { verdict: 'undecided' } } });
    expect(got.headers.get('retry-after')).toBe('5');
  });

  it('that takes too long is undecided in time', async () => {
    await start({ answerMs: 50, open: (_name, store) => ({ ...store, resolve: () => new Promise(() => {}) }) });
    expect(await manifest('1')).toMatchObject({ status: 503, error: { code: 'UNDECIDED' } });
  });
});

describe('modes', () => {
  it.each(['warn', 'audit'] as const)('%s gives what is not verified, and the log tells', async (mode) => {
    await start({ rules: { 'r.example/**': { mode } } });
    const { descriptor } = await app.image('plain', '1');
    const got = await manifest('1');
    expect([got.status, got.headers.get('docker-content-digest')]).toEqual([200, descriptor.digest]);
    expect(world.log).toContainEqual(expect.objectContaining({ level: 40, msg: 'served', code: 'NO_SIGNATURE' }));
  });

  it('skip gives what the tag names, after one question', async () => {
    await start({ rules: { 'r.example/**': { mode: 'skip' } } });
    const image = await app.image('plain', '1');
    expect((await manifest('1')).bytes.equals(image.bytes)).toBe(true);
    expect(world.asked).toEqual(['resolve r.example/app 1']);
    expect((await manifest('gone')).status).toBe(404);
  });

  it('what no rule is for passes under `default: allow`', async () => {
    await start({ rules: {}, policy: { fallback: 'allow' } });
    const image = await app.image('plain', '1');
    expect((await manifest('1')).status).toBe(200);
    expect((await manifest(image.descriptor.digest)).status).toBe(200);
  });

  it.each(['warn', 'skip'] as const)('%s gives nothing that the policy refuses', async (mode) => {
    const image = await app.image('plain', '1');
    const refuse = { digests: new Set([image.descriptor.digest]), keyIds: new Set<string>(), keys: [] };
    await start({ rules: { 'r.example/**': { mode } }, policy: { refuse } });
    await app.image('plain', '1');
    expect((await manifest('1')).error).toMatchObject({ code: 'DENIED', detail: { code: 'REFUSED_DIGEST' } });
    expect((await manifest(image.descriptor.digest)).error).toMatchObject({ code: 'DENIED' });
  });
});

describe('a manifest by digest', () => {
  it('passes by itself when it is signed', async () => {
    const image = await app.image('hello');
    await app.sign(image);
    expect((await manifest(image.descriptor.digest)).bytes.equals(image.bytes)).toBe(true);
    const plain = await app.image('plain');
    expect((await manifest(plain.descriptor.digest)).error).toMatchObject({
      code: 'DENIED',
      detail: { code: 'NO_SIGNATURE', image: `r.example/app@${plain.descriptor.digest}` },
    });
  });

  it('passes after its tag, where only a rule for the tag is there', async () => {
    const rules = { 'r.example/app:v*': {} };
    await start({ rules });
    const image = await app.image('hello', 'v1');
    await app.sign(image);
    expect((await manifest(image.descriptor.digest)).error?.detail).toMatchObject({ code: 'NO_RULE' });
    expect((await manifest('v1')).status).toBe(200);
    expect((await manifest(image.descriptor.digest)).status).toBe(200);
  });

  it('is unknown when the registry does not know it', async () => {
    expect(await manifest(`sha256:${'0'.repeat(64)}`)).toMatchObject({
      status: 404,
      error: { code: 'MANIFEST_UNKNOWN' },
    });
  });

  it.each([`sha256:${'A'.repeat(64)}`, 'sha256:0', `md5:${'0'.repeat(32)}`, 'sha256:'])(
    '%s is no digest',
    async (text) => {
      expect(await manifest(text)).toMatchObject({ status: 400, error: { code: 'DIGEST_INVALID' } });
      expect(world.asked).toEqual([]);
    },
  );
});

describe('the images of an index', () => {
  async function pushIndex(): Promise<{ readonly child: string; readonly index: string; readonly layer: string }> {
    const child = await app.image('child');
    const index = await app.index([child.descriptor], 'multi');
    await app.sign(index);
    const layer = await app.blob('child');
    return { child: child.descriptor.digest, index: index.descriptor.digest, layer: layer.digest };
  }

  it('pass once the index did, by tag or by digest, by GET or by HEAD', async () => {
    for (const ask of ['multi', 'index']) {
      for (const method of ['GET', 'HEAD']) {
        await start();
        const { child, index } = await pushIndex();
        expect((await manifest(child)).status).toBe(403);
        world.judge.forget('r.example/app');
        await world.get(`/v2/app/manifests/${ask === 'index' ? index : ask}`, { method });
        expect((await manifest(child)).status, `${method} ${ask}`).toBe(200);
      }
    }
  });

  it('pass in no other repository', async () => {
    const { child, layer } = await pushIndex();
    const other = world.repository('other');
    await other.image('child');
    await manifest('multi');
    expect((await manifest(child, 'other')).status).toBe(403);
    expect((await world.get(`/v2/other/blobs/${layer}`)).status).toBe(403);
  });

  it('pass under the same policy alone', async () => {
    const { child, layer } = await pushIndex();
    await manifest('multi');
    await manifest(child);
    world.judge.usePolicy(worldPolicy(undefined, { revision: 'b'.repeat(64) }));
    expect((await manifest(child)).status).toBe(403);
    expect((await world.get(`/v2/app/blobs/${layer}`)).status).toBe(403);
    await manifest('multi');
    expect((await manifest(child)).status).toBe(200);
  });

  it('do not pass once the index does not pass any more', async () => {
    let nowMs = Date.UTC(2026, 10, 1);
    await start({ judge: { now: () => nowMs } });
    const { child } = await pushIndex();
    const { index } = { index: await app.store.resolve('multi') };
    await manifest('multi');
    expect((await manifest(child)).status).toBe(200);
    for await (const { descriptors } of app.store.referrers(index.descriptor))
      for (const descriptor of descriptors) await app.store.delete(descriptor);
    nowMs += 60 * 60_000;
    expect((await manifest(child)).status).toBe(403);
  });

  it('are undecided where that of the index is not known', async () => {
    let isDown = false;
    let nowMs = Date.UTC(2026, 10, 1);
    await start({
      judge: { now: () => nowMs },
      open: (_name, store) => ({
        ...store,
        referrers: (subject, options) => {
          if (isDown) throw new TypeError('down');
          return store.referrers(subject, options);
        },
      }),
    });
    const { child } = await pushIndex();
    await manifest('multi');
    isDown = true;
    nowMs += 60 * 60_000;
    expect(await manifest(child)).toMatchObject({ status: 503, error: { code: 'UNDECIDED' } });
  });

  it('that are refused take the index along', async () => {
    const refused = await app.image('child');
    const refuse = { digests: new Set([refused.descriptor.digest]), keyIds: new Set<string>(), keys: [] };
    world.judge.usePolicy(worldPolicy(undefined, { refuse, revision: 'c'.repeat(64) }));
    const { child } = await pushIndex();
    expect((await manifest('multi')).error?.detail).toMatchObject({ code: 'REFUSED_DIGEST' });
    expect((await manifest(child)).status).toBe(403);
  });

  it('are found in an index within the index', async () => {
    const child = await app.image('deep');
    const inner = await app.index([child.descriptor]);
    await app.sign(await app.index([inner.descriptor], 'outer'));
    await manifest('outer');
    expect((await manifest(inner.descriptor.digest)).status).toBe(200);
    expect((await manifest(child.descriptor.digest)).status).toBe(200);
  });

  it('are named by an index alone: what a signed image calls its layer is none', async () => {
    const evil = await app.image('evil');
    const layers = [toDescriptorJson(evil.descriptor)];
    const config = toDescriptorJson(await app.blob('{}'));
    await app.sign(await app.manifest({ config, layers }, { tag: 'odd' }));
    expect((await manifest('odd')).status).toBe(200);
    expect((await manifest(evil.descriptor.digest)).status).toBe(403);
  });
});

describe('under tag: trusted', () => {
  it('a tag is the digest that its signed catalogue says, whatever the registry says', async () => {
    const catalogue = catalogueOf({ collections: { name: 'r.example', isTree: true } });
    let digest: Digest | undefined;
    const trustedTags = () => ({
      ask: async (): Promise<TrustedAnswer> => {
        const facts = { collection: 'r.example/app', catalogue: 'shop' };
        const decision = { verdict: 'verified', code: 'VERIFIED', allowed: true, sources: [], findings: [] } as const;
        return digest === undefined
          ? { kind: 'denied', code: 'TAG_NOT_SIGNED', message: 'no such tag', facts }
          : { kind: 'trusted', digest, decision, facts };
      },
    });
    await start({ rules: { 'r.example/**': { tag: 'trusted', catalogue } }, judge: { trustedTags } });
    await app.image('moved', 'v1');
    const current = await app.image('current');
    expect(await manifest('v1')).toMatchObject({ status: 403, error: { code: 'DENIED' } });
    digest = current.descriptor.digest;
    world.judge.forget('r.example/app');
    const got = await manifest('v1');
    expect([got.status, got.headers.get('docker-content-digest')]).toEqual([200, digest]);
    expect(got.bytes.equals(Buffer.from(current.bytes))).toBe(true);
  });
});
