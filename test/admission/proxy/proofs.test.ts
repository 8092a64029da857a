import {
  type Descriptor,
  fallbackTag,
  MEDIA_TYPE_CONFIG,
  MEDIA_TYPE_LAYER_GZIP,
  MEDIA_TYPE_MANIFEST,
  RegistryError,
  type Resolved,
  toDescriptorJson,
} from '@signet/oci';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mallory, type ProxyWorld, type Repository, startProxyWorld, worldPolicy } from './world.ts';

const simpleSigning = 'application/vnd.dev.cosign.simplesigning.v1+json';
const proofTypes = [
  simpleSigning,
  'application/vnd.dsse.envelope.v1+json',
  'application/jose+json',
  'application/cose',
  'application/vnd.dev.sigstore.bundle.v0.3+json',
  'application/vnd.dev.sigstore.bundle+json;version=0.2',
];

let world: ProxyWorld;
let app: Repository;
let plain: Resolved;

beforeAll(async () => {
  world = await startProxyWorld();
  app = world.repository('app');
  plain = await app.image('plain', '1');
});
afterAll(() => world.proxy.close());

const manifest = (reference: string) => world.get(`/v2/app/manifests/${reference}`);
const blob = (digest: string) => world.get(`/v2/app/blobs/${digest}`);

/** A manifest of these layers. */
async function artifact(layers: readonly Descriptor[], members: object = {}, tag?: string): Promise<Resolved> {
  const config = toDescriptorJson(await app.blob(`{"n":${Math.random()}}`, MEDIA_TYPE_CONFIG));
  const all = { config, layers: layers.map(toDescriptorJson), ...members };
  return await app.manifest(all, tag === undefined ? {} : { tag });
}

describe('proofs of an image that is not verified itself', () => {
  it.each(proofTypes)('pass when every layer is of a known type: %s', async (type) => {
    const layer = await app.blob(`{"type":"${type}"}`, type);
    const proof = await artifact([layer, layer]);
    expect(await blob(layer.digest)).toMatchObject({ status: 403 });
    expect((await manifest(proof.descriptor.digest)).bytes.equals(proof.bytes)).toBe(true);
    expect((await blob(layer.digest)).bytes.toString()).toBe(`{"type":"${type}"}`);
  });

  it.each([
    'application/json',
    'application/spdx+json',
    'application/vnd.in-toto+json',
    MEDIA_TYPE_LAYER_GZIP,
    'application/jose+json ',
    'application/vnd.dev.sigstore.bundle.evil+json',
    'x/application/jose+json',
  ])('do not pass with one layer of another type: %s', async (type) => {
    const [good, bad] = [await app.blob('{"good":1}', simpleSigning), await app.blob(`{"bad":"${type}"}`, type)];
    const proof = await artifact([good, bad]);
    expect((await manifest(proof.descriptor.digest)).status).toBe(403);
    expect((await blob(bad.digest)).status).toBe(403);
  });

  it('do not pass without any layer', async () => {
    expect((await manifest((await artifact([])).descriptor.digest)).status).toBe(403);
  });

  it('do not pass with layers that are too large, or too many', async () => {
    const layer = await app.blob('{"large":1}', simpleSigning);
    const large = await artifact([{ ...layer, size: 64 * 1024 * 1024 + 1 }]);
    expect((await manifest(large.descriptor.digest)).status).toBe(403);
    const many = await artifact(Array.from({ length: 1001 }, () => layer));
    expect((await manifest(many.descriptor.digest)).status).toBe(403);
  });

  it('name no manifest: what one calls its config is no way to an unsigned image', async () => {
    const layer = await app.blob('{"config":1}', simpleSigning);
    for (const mediaType of [MEDIA_TYPE_MANIFEST, MEDIA_TYPE_CONFIG]) {
      const { digest, size } = plain.descriptor;
      const config = { mediaType, digest, size };
      const proof = await app.manifest({ config, layers: [toDescriptorJson(layer)] });
      await manifest(proof.descriptor.digest);
      expect((await manifest(digest)).status, mediaType).toBe(403);
    }
  });

  it('that the policy refuses do not pass', async () => {
    const layer = await app.blob('{"refused":1}', simpleSigning);
    const proof = await artifact([layer]);
    const refuse = { digests: new Set([proof.descriptor.digest]), keyIds: new Set<string>(), keys: [] };
    world.judge.usePolicy(worldPolicy(undefined, { refuse, revision: 'd'.repeat(64) }));
    expect((await manifest(proof.descriptor.digest)).error?.detail).toMatchObject({ code: 'REFUSED_DIGEST' });
    world.judge.usePolicy(worldPolicy());
  });

  it('pass in no repository that no rule is for', async () => {
    world.judge.usePolicy(worldPolicy({ 'r.example/other/**': {} }, { revision: 'e'.repeat(64) }));
    const proof = await artifact([await app.blob('{"rule":1}', simpleSigning)]);
    const tag = fallbackTag(plain.descriptor.digest);
    for (const path of [
      `manifests/${proof.descriptor.digest}`,
      `manifests/${tag}`,
      `referrers/${plain.descriptor.digest}`,
    ])
      expect((await world.get(`/v2/app/${path}`)).error?.detail, path).toMatchObject({ code: 'NO_RULE' });
    world.judge.usePolicy(worldPolicy());
  });
});

describe('tags under which proofs lie', () => {
  it('pass where there are proofs, and not where there is an image', async () => {
    const hex = plain.descriptor.digest.slice('sha256:'.length);
    const layer = await app.blob('{"tag":1}', simpleSigning);
    for (const suffix of ['.sig', '.att']) {
      const proof = await artifact([layer], {}, `sha256-${hex}${suffix}`);
      const got = await manifest(`sha256-${hex}${suffix}`);
      expect(got.headers.get('docker-content-digest')).toBe(proof.descriptor.digest);
    }
    expect((await blob(layer.digest)).status).toBe(200);
    await app.image('posing', `sha256-${hex}.sbom`);
    expect((await manifest(`sha256-${hex}.sbom`)).error).toMatchObject({ code: 'DENIED' });
    expect((await manifest(`sha256-${hex}.cfg`)).status).toBe(404);
  });

  it('pass as a list of what refers to an image; what it names is judged by itself', async () => {
    const proof = await artifact([await app.blob('{"list":1}', simpleSigning)]);
    const evil = await app.image('evil');
    const tag = fallbackTag(plain.descriptor.digest);
    const list = await app.index([proof.descriptor, evil.descriptor], tag);
    expect((await manifest(tag)).bytes.equals(list.bytes)).toBe(true);
    expect((await manifest(list.descriptor.digest)).status).toBe(200);
    expect((await manifest(proof.descriptor.digest)).status).toBe(200);
    expect((await manifest(evil.descriptor.digest)).status).toBe(403);
  });

  it('do not pass as an index of platforms', async () => {
    const evil = await app.image('evil for linux');
    const tag = `sha256-${'1'.repeat(64)}`;
    await app.index([{ ...evil.descriptor, platform: { os: 'linux', architecture: 'amd64' } }], tag);
    expect((await manifest(tag)).error).toMatchObject({ code: 'DENIED' });
  });

  it.each(['sha256-1', `sha256-${'1'.repeat(63)}g`, `sha1-${'1'.repeat(64)}`, `sha256-${'1'.repeat(64)}.SIG`])(
    '%s is a tag as any other',
    async (tag) => {
      await artifact([await app.blob(`{"tag":"${tag}"}`, simpleSigning)], {}, tag);
      expect((await manifest(tag)).error?.detail).toMatchObject({ image: `r.example/app:${tag}` });
    },
  );
});

describe('the list of referrers', () => {
  it('is given for any image, with its pages and filter, as hints', async () => {
    const proof = await app.sign(plain, mallory);
    const other = await artifact([await app.blob('{}', 'application/spdx+json')], {
      artifactType: 'application/spdx+json',
      subject: toDescriptorJson(plain.descriptor),
    });
    const list = async (query = ''): Promise<readonly string[]> => {
      const got = await world.get(`/v2/app/referrers/${plain.descriptor.digest}${query}`);
      expect(got).toMatchObject({ status: 200 });
      return JSON.parse(got.bytes.toString()).manifests.map(({ digest }: Descriptor) => digest);
    };
    const both = [proof.descriptor.digest, other.descriptor.digest].sort();
    expect(await list()).toEqual(both);
    expect(await list('?artifactType=application/spdx%2Bjson')).toEqual([other.descriptor.digest]);
    expect((await manifest(proof.descriptor.digest)).status).toBe(200);
    expect((await manifest(other.descriptor.digest)).status).toBe(403);
  });

  it('is empty for what nothing refers to, and refused for what is no digest', async () => {
    const got = await world.get(`/v2/app/referrers/sha256:${'0'.repeat(64)}`);
    expect(JSON.parse(got.bytes.toString())).toMatchObject({ schemaVersion: 2, manifests: [] });
    expect(got.headers.get('content-type')).toBe('application/vnd.oci.image.index.v1+json');
    expect((await world.get('/v2/app/referrers/1')).error).toMatchObject({ code: 'DIGEST_INVALID' });
  });

  it('that is not whole is no list', async () => {
    const broken = await startProxyWorld({
      open: (_name, store) => ({
        ...store,
        // biome-ignore lint/correctness/useYield: it fails before it gives anything
        async *referrers() {
          throw new RegistryError('UNAUTHORIZED', 'not for us');
        },
      }),
    });
    const got = await broken.get(`/v2/app/referrers/${plain.descriptor.digest}`);
    expect(got).toMatchObject({ status: 503, error: { code: 'UNDECIDED', detail: { code: 'UNAUTHORIZED' } } });
    await broken.proxy.close();
  });

  it('goes in pages of a size that clients read', async () => {
    const many = world.repository('many');
    const image = await many.image('x');
    const note = { note: 'x'.repeat(1_000_000) };
    for (let at = 0; at < 7; at += 1) {
      const config = toDescriptorJson(await many.blob(`${at}`));
      await many.manifest({ config, layers: [config], subject: toDescriptorJson(image.descriptor), annotations: note });
    }
    const seen: string[] = [];
    let path: string | undefined = `/v2/many/referrers/${image.descriptor.digest}`;
    let pages = 0;
    while (path !== undefined) {
      const got = await world.get(path);
      expect(got.bytes.length).toBeLessThan(4 * 1024 * 1024);
      seen.push(...JSON.parse(got.bytes.toString()).manifests.map(({ digest }: Descriptor) => digest));
      path = /^<(\S+)>; rel="next"$/.exec(got.headers.get('link') ?? '')?.[1];
      pages += 1;
    }
    expect([seen.length, new Set(seen).size, pages]).toEqual([7, 7, 3]);
  });
});
