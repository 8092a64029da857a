import { ApiError } from '@signet/registry';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { AdmissionError, createUpstreams, parseUpstream } from '../../../packages/admission/src/index.ts';
import { type ProxyWorld, startProxyWorld, worldPolicy } from './world.ts';

describe('an upstream', () => {
  it.each([
    ['https://r.example', { registry: 'r.example', isPlainHttp: false }],
    ['https://R.Example/', { registry: 'r.example', isPlainHttp: false }],
    ['https://r.example:443', { registry: 'r.example', isPlainHttp: false }],
    ['https://r.example:5000', { registry: 'r.example:5000', isPlainHttp: false }],
    ['http://127.0.0.1:5000', { registry: '127.0.0.1:5000', isPlainHttp: true }],
    ['http://[::1]:5000', { registry: '[::1]:5000', isPlainHttp: true }],
    ['https://registry-1.docker.io', { registry: 'docker.io', isPlainHttp: false }],
    ['hub=https://docker.io', { name: 'hub', registry: 'docker.io', isPlainHttp: false }],
    ['ghcr.io=https://ghcr.io', { name: 'ghcr.io', registry: 'ghcr.io', isPlainHttp: false }],
  ])('%s', (text, upstream) => {
    expect(parseUpstream(text)).toEqual(upstream);
  });

  it.each([
    [''],
    ['r.example'],
    ['ftp://r.example'],
    ['https:r.example'],
    ['https://r.example/path'],
    ['https://r.example?x=1'],
    ['https://r.example#x'],
    ['https://user:secret@r.example'],
    ['https://registry'],
    ['Hub=https://docker.io'],
    ['a/b=https://docker.io'],
    ['..=https://docker.io'],
    ['=https://docker.io'],
  ])('%j is none', (text) => {
    expect(() => parseUpstream(text)).toThrow(AdmissionError);
    expect(() => parseUpstream(text)).not.toThrow(/secret/);
  });

  it('any text is one or is refused, and its registry is what references take it for', () => {
    fc.assert(
      fc.property(fc.oneof(fc.webUrl(), fc.string(), fc.stringMatching(/^[a-z.=:/@-]{0,30}$/)), (text) => {
        try {
          const { registry } = parseUpstream(text);
          expect(createUpstreams([{ registry, isPlainHttp: false }]).find('x/y', []).image).toBe(`${registry}/x/y`);
        } catch (error) {
          expect(error).toBeInstanceOf(AdmissionError);
        }
      }),
    );
  });
});

describe('several upstreams', () => {
  const upstreams = (...texts: readonly string[]) => createUpstreams(texts.map(parseUpstream));

  it.each([
    [[], /needs a registry/],
    [['https://a.example', 'https://b.example'], /without a name/],
    [['x=https://a.example', 'x=https://b.example'], /x is given twice/],
    [['x=https://a.example', 'https://a.example'], /a.example is given twice/],
  ])('%j are refused', (texts, why) => {
    expect(() => upstreams(...texts)).toThrow(why);
  });

  it.each([
    ['lib/app', [], 'r.example/lib/app'],
    ['hub/app', [], 'docker.io/library/app'],
    ['hub/org/app', [], 'docker.io/org/app'],
    ['hub', [], 'r.example/hub'],
    ['hubs/app', [], 'r.example/hubs/app'],
    ['app', ['docker.io'], 'docker.io/library/app'],
    ['hub/app', ['docker.io'], 'docker.io/hub/app'],
    ['app', ['registry-1.docker.io'], 'docker.io/library/app'],
    ['app', ['hub'], 'docker.io/library/app'],
    ['app', ['R.example'], 'r.example/app'],
  ])('%s with ns=%j is %s', (name, ns, image) => {
    expect(upstreams('https://r.example', 'hub=https://docker.io').find(name, ns).image).toBe(image);
  });

  it.each([
    ['app', ['s.example'], 404],
    ['app', [''], 404],
    ['app', ['r.example', 'r.example'], 400],
    ['app', ['r.example/x'], 404],
    ['a'.repeat(250), [], 400],
  ])('%s with ns=%j is of none: %i', (name, ns, status) => {
    const find = (): unknown => upstreams('https://r.example').find(name, ns);
    expect(find).toThrow(ApiError);
    expect(find).toThrow(expect.objectContaining({ status }));
  });

  it('without one for all other paths, only named ones are found', () => {
    expect(() => upstreams('hub=https://docker.io').find('app', [])).toThrow(ApiError);
  });
});

describe('a proxy in front of several registries', () => {
  let world: ProxyWorld;
  afterEach(() => world.proxy.close());

  it('judges images by the names that they have there', async () => {
    world = await startProxyWorld({
      upstreams: ['https://r.example', 'second=https://s.example'],
      rules: { 'r.example/**': {}, 's.example/**': { mode: 'skip' } },
    });
    for (const name of ['r.example/app', 's.example/app']) await world.repository(name).image(name, '1');
    expect((await world.get('/v2/app/manifests/1')).error?.detail).toMatchObject({ image: 'r.example/app:1' });
    expect((await world.get('/v2/second/app/manifests/1')).status).toBe(200);
    expect((await world.get('/v2/app/manifests/1?ns=s.example')).status).toBe(200);
    expect((await world.get('/v2/app/manifests/1?ns=quay.io')).error).toMatchObject({ code: 'NAME_UNKNOWN' });
    expect((await world.get('/v2/app/manifests/1?ns=s.example&ns=r.example')).status).toBe(400);
  });

  it('shares nothing between repositories of the same name', async () => {
    world = await startProxyWorld({
      upstreams: ['https://r.example', 'second=https://s.example'],
      rules: { '*.example/**': {} },
    });
    const [app, other] = [world.repository('r.example/app'), world.repository('s.example/app')];
    await app.sign(await app.image('same', '1'));
    const { descriptor } = await other.image('same', '1');
    expect((await world.get('/v2/app/manifests/1')).status).toBe(200);
    expect((await world.get(`/v2/second/app/manifests/${descriptor.digest}`)).status).toBe(403);
    const { digest } = await app.blob('same');
    expect((await world.get(`/v2/app/blobs/${digest}`)).status).toBe(200);
    expect((await world.get(`/v2/second/app/blobs/${digest}`)).status).toBe(403);
  });

  it('asks this machine, and by plain HTTP, only where a rule names the host', async () => {
    const upstreams = ['http://r.example', 'near=https://127.0.0.1:5000'];
    world = await startProxyWorld({ upstreams, rules: { '**': { mode: 'skip' } } });
    for (const path of ['app', 'near/app'])
      for (const what of [
        'manifests/1',
        'tags/list',
        `referrers/sha256:${'0'.repeat(64)}`,
        `blobs/sha256:${'0'.repeat(64)}`,
      ]) {
        const got = await world.get(`/v2/${path}/${what}`);
        expect(got, `${path} ${what}`).toMatchObject({ status: 503, error: { detail: { code: 'ADDRESS_REFUSED' } } });
      }
    expect(world.asked).toEqual([]);
    const rules = { 'r.example/**': { mode: 'skip' }, '127.0.0.1:5000/**': { mode: 'skip' } } as const;
    world.judge.usePolicy(worldPolicy(rules, { revision: 'b'.repeat(64) }));
    for (const path of ['app', 'near/app']) expect((await world.get(`/v2/${path}/manifests/1`)).status).toBe(404);
  });
});
