import { readFileSync, writeFileSync } from 'node:fs';
import { createSoftwareSigner, MEDIA_TYPE_BUNDLE, parsePrivateKey, type Signer, sigstoreFormat } from '@signet/core';
import { createRegistryClient, type Digest, isDigest, parseRegistryReference } from '@signet/oci';
import { type Catalogue, type Entry, encodeCatalogue, HEAD_TAG } from '@signet/signed-tags';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeHead, pushParts } from '../../packages/signed-tags/src/head/encode-head.ts';
import { signFile } from '../../packages/signed-tags/src/head/sign-file.ts';
import { signet } from '../support/cli.ts';
import { type CliWorld, createCliWorld, makeKey, ok } from './cli-world.ts';

const hour = 3_600_000;
let world: CliWorld;
let publisher: { readonly key: string; readonly pub: string };
let trust: readonly string[];
let digest: Digest;
beforeAll(async () => {
  world = await createCliWorld();
  publisher = await makeKey(`${world.dir}/publisher`);
  trust = ['--publisher', publisher.pub, '--key', world.pub];
  const image = await world.push('shop/api:v1');
  await ok(['sign', '--key', world.key, image]);
  const named = await world.digestOf(image);
  if (!isDigest(named)) throw new RangeError(named);
  digest = named;
  await putCatalogue('shop/api');
});
afterAll(() => world.server.stop('SIGKILL'));

describe('tags list', () => {
  it('shows what each tag is, since when and by whom, what was removed and revoked', async () => {
    const { stdout } = await ok(['tags', 'list', ...trust, `${world.host}/shop/api`]);
    expect(stdout).toContain(`${world.host}/shop/api  1 tags, 1 removed, 1 digests revoked`);
    expect(stdout).toMatch(new RegExp(`v1   ${digest}  signed  .* ago\\)  by key [0-9a-f]+`));
    expect(stdout).toMatch(/old {2}removed .* \(2 h ago\)/);
    expect(stdout).toMatch(/revoked {2}sha256:0{64} .* broken\\u\{1b\}/);
    expect(stdout).not.toContain('\u001b');
  });

  it('gives a program the same, times as in RFC 3339', async () => {
    const told = JSON.parse((await ok(['tags', 'list', ...trust, `${world.host}/shop/api`, '-o', 'json'])).stdout);
    expect(told).toMatchObject({
      version: 1,
      collection: `${world.host}/shop/api`,
      catalogue: { signers: [expect.any(String)], shards: 0 },
      tags: [{ tag: 'v1', digest, verdict: 'verified', was: [], statements: [{ counts: true }] }],
      removed: [{ tag: 'old', at: expect.stringMatching(/Z$/) }],
      revoked: [{ digest: `sha256:${'0'.repeat(64)}` }],
    });
  });

  it.each([
    ['nothing lies there', () => `${world.host}/shop/none`, () => trust, 1, 'CATALOGUE_MISSING'],
    [
      'another signed it',
      () => `${world.host}/shop/api`,
      () => ['--publisher', world.pub, '--key', world.pub],
      1,
      'CATALOGUE_NOT_TRUSTED',
    ],
    [
      'it is of another collection',
      () => `${world.host}/shop/api`,
      () => [...trust, '--collection', 'registry.example/x'],
      1,
      'COLLECTION_MISMATCH',
    ],
    ['nobody is trusted', () => `${world.host}/shop/api`, () => [], 2, 'USAGE'],
    ['a tag is named', () => `${world.host}/shop/api:v1`, () => trust, 2, 'USAGE'],
  ])('ends with its code where %s', async (_what, repository, flags, code, error) => {
    expect(await signet(['tags', 'list', ...flags(), repository()])).toMatchObject({
      code,
      stdout: '',
      stderr: expect.stringContaining(`error[${error}]`),
    });
  });

  it('says no where a tag does not meet its rule, and where the catalogue has expired', async () => {
    const other = await makeKey(`${world.dir}/other`);
    const foreign = await signet([
      'tags',
      'list',
      '--publisher',
      publisher.pub,
      '--key',
      other.pub,
      `${world.host}/shop/api`,
    ]);
    expect(foreign).toMatchObject({ code: 1, stdout: expect.stringContaining('by nobody who is known') });
    await putCatalogue('shop/late', { issuedMs: Date.now() - 80 * hour, expiresMs: Date.now() - 8 * hour });
    const late = await signet(['tags', 'list', ...trust, `${world.host}/shop/late`]);
    expect(late).toMatchObject({ code: 1, stdout: expect.stringMatching(/expired .* \(8 h ago\)/) });
  });
});

describe('tags inspect', () => {
  it('shows the statements of a tag', async () => {
    const { stdout } = await ok(['tags', 'inspect', ...trust, `${world.host}/shop/api:v1`]);
    expect(stdout).toContain(digest);
    expect(stdout).toMatch(/statement {2}by [0-9a-f]{64}, .* ago\)\n/);
  });

  it('says that a tag is removed, or not there', async () => {
    expect(await signet(['tags', 'inspect', ...trust, `${world.host}/shop/api:old`])).toMatchObject({
      code: 1,
      stdout: expect.stringContaining(':old  removed'),
    });
    expect(await signet(['tags', 'inspect', ...trust, `${world.host}/shop/api:v9`])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('error[TAG_NOT_SIGNED]'),
    });
  });
});

describe('tags state', () => {
  const state = (...args: readonly string[]): readonly string[] => [
    'tags',
    'state',
    ...args,
    '--state',
    `${world.dir}/state`,
  ];

  it('shows that nothing is remembered, and forgets nothing', async () => {
    const repository = `${world.host}/shop/api`;
    expect(await signet([...state('show', ...trust), repository])).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('nothing is remembered'),
    });
    expect((await ok([...state('reset', ...trust), repository])).stdout).toContain('nothing was remembered');
  });

  it('says what it would forget with --dry-run', async () => {
    const repository = `${world.host}/shop/api`;
    const policy = `${world.dir}/policy.json`;
    const rule = { images: [`${world.host}/**`], require: 'release', tag: 'trusted', catalogue: 'shop' };
    const sources = { release: { keys: [world.pub] }, publisher: { keys: [publisher.pub] } };
    const catalogues = { shop: { collections: `${world.host}/**`, signedBy: 'publisher' } };
    writeFileSync(policy, JSON.stringify({ version: 1, trust: sources, catalogues, rules: [rule] }));
    await signet(['resolve', '--policy', policy, '--state', `${world.dir}/kept`, `${repository}:v1`]);
    const reset = ['tags', 'state', 'reset', '--policy', policy, '--state', `${world.dir}/kept`];
    expect((await ok([...reset, '--dry-run', repository])).stdout).toMatch(/^would be forgotten {2}/);
    expect(JSON.parse((await ok([...reset, '--dry-run', '-o', 'json', repository])).stdout)).toMatchObject({
      dryRun: true,
      reset: true,
    });
    expect((await ok([...reset, repository])).stdout).toMatch(/^forgotten {2}/);
    expect((await ok([...reset, '--dry-run', repository])).stdout).toMatch(/^nothing was remembered {2}/);
  });

  it('needs a place', async () => {
    const repository = `${world.host}/shop/api`;
    for (const args of [['--no-state'], []])
      expect(
        await signet(['tags', 'state', 'show', ...trust, ...args, repository], {
          env: { HOME: '', XDG_STATE_HOME: '' },
        }),
      ).toMatchObject({ code: 2, stderr: expect.stringContaining('error[USAGE]') });
  });
});

async function signerOf(path: string): Promise<Signer> {
  return createSoftwareSigner(await parsePrivateKey(readFileSync(path)));
}

/** A catalogue with one tag, a removed one and a revoked digest. */
async function putCatalogue(repository: string, changes: Partial<Catalogue> = {}): Promise<void> {
  const issuedMs = Date.now() - hour;
  const collection = `${world.host}/${repository}`;
  const tags = new Map([
    ['v1', { entries: [await statedEntry(collection, issuedMs - 5 * hour)] }],
    ['old', { removedMs: issuedMs - hour, entries: [] }],
  ]);
  const zero = `sha256:${'0'.repeat(64)}`;
  const catalogue: Catalogue = {
    collection,
    issuedMs,
    expiresMs: issuedMs + 72 * hour,
    revoked: new Map(isDigest(zero) ? [[zero, { atMs: issuedMs, reason: 'broken\u001b' }]] : []),
    tags: { kind: 'whole', content: { floorMs: 0, tags } },
    ...changes,
  };
  const client = createRegistryClient();
  try {
    const store = client.repository(parseRegistryReference(collection));
    const head = { ...(await signFile(encodeCatalogue(catalogue), [await signerOf(publisher.key)])), shards: [] };
    await pushParts(store, head);
    await store.tag(encodeHead({ ...head, merged: [] }), HEAD_TAG);
  } finally {
    await client.close();
  }
}

async function statedEntry(collection: string, atMs: number): Promise<Entry> {
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const subject = { mediaType, digest, size: 400 };
  const request = { subject, signedReference: `${collection}:v1`, signedAtMs: atMs, annotations: {} };
  const { envelope } = await sigstoreFormat.seal(sigstoreFormat.payload(request), await signerOf(world.key));
  return { ...subject, atMs, statements: [{ mediaType: MEDIA_TYPE_BUNDLE, bytes: envelope }] };
}
