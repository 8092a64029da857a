import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { tempDir } from '../../support/temp.ts';
import { INDEX, startTestRegistry, type TestClient } from '../client.ts';

const linkPattern = /^<([^>]+)>; rel="next"$/;

/** Every page of a listing, by following Link. */
async function pages(client: TestClient, path: string, member: string): Promise<readonly (readonly unknown[])[]> {
  const found: unknown[][] = [];
  for (let next: string | undefined = path; next !== undefined; ) {
    const reply = await client.send(next);
    expect(reply.status, reply.body.toString()).toBe(200);
    found.push(reply.json()[member] as unknown[]);
    const link = reply.headers.get('link');
    next = link === null ? undefined : linkPattern.exec(link)?.[1];
    if (link !== null) expect(next).toBeDefined();
    expect(found.length).toBeLessThan(50);
  }
  return found;
}

describe('tags', () => {
  let client: TestClient;
  const tags = ['1', '10', '2', 'B', '_x', 'a', 'a-b', 'b'];
  beforeAll(async () => {
    client = await startTestRegistry({ limits: { maxPageEntries: 5 } });
    const { bytes } = await client.pushImage('team/app', 'a');
    for (const tag of tags) await client.pushManifest('team/app', tag, bytes);
  });
  const list = '/v2/team/app/tags/list';

  it('are sorted by code unit, with the name of the repository', async () => {
    const reply = await client.send(`${list}?n=5`);
    expect(reply.json()).toEqual({ name: 'team/app', tags: tags.slice(0, 5) });
    expect(reply.headers.get('content-type')).toBe('application/json');
  });

  it.each([
    ['?n=3', [tags.slice(0, 3), tags.slice(3, 6), tags.slice(6)]],
    ['?n=4', [tags.slice(0, 4), tags.slice(4)]],
    ['?n=100', [tags.slice(0, 5), tags.slice(5)]],
    ['', [tags.slice(0, 5), tags.slice(5)]],
    ['?last=_x', [tags.slice(5)]],
    ['?n=2&last=_x', [['a', 'a-b'], ['b']]],
    ['?last=a-', [['a-b', 'b']]],
    ['?last=zzz', [[]]],
    ['?last=', [tags.slice(0, 5), tags.slice(5)]],
    ['?n=0', [[]]],
    ['?n=0&last=a', [[]]],
  ])('by %s', async (query, wanted) => {
    expect(await pages(client, `${list}${query}`, 'tags')).toEqual(wanted);
  });

  it.each(['-1', 'x', '1.5', '1e3', '99999999999', '%31%00'])('n=%s is refused', async (n) => {
    const reply = await client.send(`${list}?n=${n}`);
    expect([reply.status, reply.codes()]).toEqual([400, ['UNSUPPORTED']]);
  });

  it('of an unknown repository are 404', async () => {
    expect((await client.send('/v2/team/none/tags/list')).codes()).toEqual(['NAME_UNKNOWN']);
  });

  it('that are deleted are listed no more, the repository still is', async () => {
    await client.pushImage('gone', 'v1');
    await client.send('/v2/gone/manifests/v1', { method: 'DELETE' });
    expect((await client.send('/v2/gone/tags/list')).json()).toEqual({ name: 'gone', tags: [] });
  });
});

describe('the catalogue', () => {
  it('is sorted and paged', async () => {
    const client = await startTestRegistry();
    expect((await client.send('/v2/_catalog')).json()).toEqual({ repositories: [] });
    for (const name of ['b', 'a/c', 'a', 'a-b']) await client.pushBlob(name, Buffer.from('x'));
    const wanted = ['a', 'a-b', 'a/c', 'b'];
    expect(await pages(client, '/v2/_catalog', 'repositories')).toEqual([wanted]);
    expect(await pages(client, '/v2/_catalog?n=3', 'repositories')).toEqual([wanted.slice(0, 3), ['b']]);
    expect(await pages(client, '/v2/_catalog?n=0', 'repositories')).toEqual([[]]);
    expect(await pages(client, '/v2/_catalog?last=a-b', 'repositories')).toEqual([wanted.slice(2)]);
  });

  it('has no repository that was only asked for, or has but an unfinished upload', async () => {
    const client = await startTestRegistry();
    await client.send('/v2/asked/tags/list');
    await client.startUpload('begun');
    expect((await client.send('/v2/_catalog')).json()).toEqual({ repositories: [] });
  });
});

describe('referrers', () => {
  const types = ['application/vnd.example.a', 'application/vnd.example.b+json'];

  async function withReferrers(client: TestClient, count: number): Promise<{ url: string; digests: string[] }> {
    const { digest, mediaType, size } = await client.pushImage('app', 'v1');
    const digests: string[] = [];
    for (let at = 0; at < count; at += 1) {
      const subject = { digest, mediaType, size };
      const more = { subject, artifactType: types[at % 2], annotations: { at: String(at), pad: 'x'.repeat(300) } };
      digests.push((await client.pushImage('app', undefined, more)).digest);
    }
    return { url: `/v2/app/referrers/${digest}`, digests: digests.sort() };
  }

  const digestsOf = (found: readonly (readonly unknown[])[]): readonly (readonly string[])[] =>
    found.map((page) => page.map((entry) => (entry as { digest: string }).digest));

  it('are paged by number', async () => {
    const client = await startTestRegistry({ limits: { maxReferrersEntries: 2 } });
    const { url, digests } = await withReferrers(client, 5);
    const found = digestsOf(await pages(client, url, 'manifests'));
    expect(found.map((page) => page.length)).toEqual([2, 2, 1]);
    expect(found.flat()).toEqual(digests);
  });

  it('are paged by bytes, with at least one on a page', async () => {
    for (const [maxReferrersBytes, wanted] of [
      [1, [1, 1, 1]],
      [1200, [2, 1]],
    ] as const) {
      const client = await startTestRegistry({ limits: { maxReferrersBytes } });
      const { url, digests } = await withReferrers(client, 3);
      const found = digestsOf(await pages(client, url, 'manifests'));
      expect(found.map((page) => page.length)).toEqual(wanted);
      expect(found.flat()).toEqual(digests);
    }
  });

  it('are filtered by type on every page', async () => {
    const client = await startTestRegistry({ limits: { maxReferrersEntries: 1 } });
    const { url } = await withReferrers(client, 4);
    const type = encodeURIComponent(types[1] ?? '');
    const reply = await client.send(`${url}?artifactType=${type}`);
    expect(reply.headers.get('oci-filters-applied')).toBe('artifactType');
    const found = (await pages(client, `${url}?artifactType=${type}`, 'manifests')).flat();
    expect(found.map((entry) => (entry as { artifactType: string }).artifactType)).toEqual([types[1], types[1]]);
    expect((await client.send(`${url}?artifactType=none`)).json().manifests).toEqual([]);
    expect((await client.send(url)).headers.get('oci-filters-applied')).toBeNull();
  });

  it('of a subject that is not there, or of no repository, are an empty index', async () => {
    const client = await startTestRegistry();
    const empty = { schemaVersion: 2, mediaType: INDEX, manifests: [] };
    await client.pushImage('app', 'v1');
    for (const name of ['app', 'none']) {
      const reply = await client.send(`/v2/${name}/referrers/sha256:${'0'.repeat(64)}`);
      expect([reply.status, reply.headers.get('content-type'), reply.json()]).toEqual([200, INDEX, empty]);
    }
  });

  it('leave the list when they are deleted, and come back', async () => {
    const client = await startTestRegistry();
    const { url, digests } = await withReferrers(client, 2);
    const one = await client.send(`/v2/app/manifests/${digests[0]}`);
    await client.send(`/v2/app/manifests/${digests[0]}`, { method: 'DELETE' });
    expect(digestsOf(await pages(client, url, 'manifests'))).toEqual([digests.slice(1)]);
    await client.pushManifest('app', digests[0] ?? '', one.body);
    expect(digestsOf(await pages(client, url, 'manifests'))).toEqual([digests]);
  });

  it('stay when their subject is deleted', async () => {
    const client = await startTestRegistry();
    const { url, digests } = await withReferrers(client, 1);
    await client.send(`/v2/app/manifests/${url.split('/').at(-1)}`, { method: 'DELETE' });
    expect(digestsOf(await pages(client, url, 'manifests'))).toEqual([digests]);
  });

  it('are 404 where the API is turned off, and no OCI-Subject is sent', async () => {
    const client = await startTestRegistry({ referrersApi: false });
    const { digest, mediaType, size } = await client.pushImage('app', 'v1');
    const { reply } = await client.pushImage('app', undefined, { subject: { digest, mediaType, size } });
    expect([reply.status, reply.headers.get('oci-subject')]).toEqual([201, null]);
    const answer = await client.send(`/v2/app/referrers/${digest}`);
    expect([answer.status, answer.codes()]).toEqual([404, ['UNSUPPORTED']]);
  });

  it('do not show what a damaged file says', async () => {
    const root = tempDir();
    const client = await startTestRegistry({ root });
    const image = await client.pushImage('app', 'v1');
    const { digest: subject, size, mediaType } = image;
    const annotations = { said: 'true' };
    const referrer = await client.pushImage('app', undefined, {
      subject: { mediaType, digest: subject, size },
      annotations,
    });
    await client.registry.close();
    const file = join(root, 'app/_layout/blobs/sha256', referrer.digest.slice(7));
    writeFileSync(file, referrer.bytes.toString().replace('true', 'fake'));
    const again = await startTestRegistry({ root });
    expect((await again.send(`/v2/app/referrers/${subject}`)).json()).toMatchObject({ manifests: [] });
    expect((await again.send(`/v2/app/manifests/${referrer.digest}`)).status).toBe(404);
    expect((await again.send('/v2/app/manifests/v1')).status).toBe(200);
  });

  it('are found again by a server started anew on the folder', async () => {
    const client = await startTestRegistry();
    const { url, digests } = await withReferrers(client, 2);
    await client.registry.close();
    const again = await startTestRegistry({ root: client.root });
    expect(digestsOf(await pages(again, url, 'manifests'))).toEqual([digests]);
  });
});
