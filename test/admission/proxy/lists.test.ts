import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ProxyWorld, startProxyWorld } from './world.ts';

let world: ProxyWorld;

beforeAll(async () => {
  world = await startProxyWorld({
    upstreams: ['https://r.example', 'two=https://s.example'],
    rules: { '*.example/**': {} },
  });
  const app = world.repository('app');
  const image = await app.image('x');
  for (const tag of ['b', 'a', 'c', 'B', '1.0']) await app.store.tag(image, tag);
  const other = world.repository('s.example/app');
  await other.store.tag(await other.image('y'), 'z');
});
afterAll(() => world.proxy.close());

async function tags(
  path: string,
): Promise<{ readonly name: string; readonly tags: readonly string[]; readonly link: string | null }> {
  const got = await world.get(path);
  expect(got.status, path).toBe(200);
  return { ...JSON.parse(got.bytes.toString()), link: got.headers.get('link') };
}

describe('the tags of a repository', () => {
  it('are those of the registry, in order, under the name that the client uses', async () => {
    expect(await tags('/v2/app/tags/list')).toEqual({ name: 'app', tags: ['1.0', 'B', 'a', 'b', 'c'], link: null });
    expect(await tags('/v2/two/app/tags/list')).toEqual({ name: 'two/app', tags: ['z'], link: null });
  });

  it('go in pages', async () => {
    const first = await tags('/v2/app/tags/list?n=2');
    expect(first).toEqual({ name: 'app', tags: ['1.0', 'B'], link: '</v2/app/tags/list?n=2&last=B>; rel="next"' });
    expect((await tags('/v2/app/tags/list?n=2&last=B')).tags).toEqual(['a', 'b']);
    expect(await tags('/v2/app/tags/list?n=2&last=b')).toEqual({ name: 'app', tags: ['c'], link: null });
    expect((await tags('/v2/app/tags/list?n=0')).tags).toEqual([]);
  });

  it('go on in the same registry', async () => {
    const app = world.repository('s.example/lib/app');
    const image = await app.image('x');
    for (const tag of ['1', '2', '3']) await app.store.tag(image, tag);
    const { tags: page, link } = await tags('/v2/lib/app/tags/list?ns=s.example&n=2');
    expect(page).toEqual(['1', '2']);
    expect(link).toBe('</v2/lib/app/tags/list?n=2&ns=s.example&last=2>; rel="next"');
  });

  it('are asked for once by many', async () => {
    const before = world.asked.length;
    await Promise.all(Array.from({ length: 10 }, () => tags('/v2/app/tags/list')));
    expect(world.asked.length - before).toBeLessThanOrEqual(1);
  });

  it.each(['x', '-1', '1e3'])('n=%s is no number', async (n) => {
    expect((await world.get(`/v2/app/tags/list?n=${n}`)).status).toBe(400);
  });
});

it('which repositories there are is not told', async () => {
  expect(await world.get('/v2/_catalog')).toMatchObject({ status: 404, error: { code: 'UNSUPPORTED' } });
});
