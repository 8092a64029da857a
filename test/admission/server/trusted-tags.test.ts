import { createSoftwareSigner, generateKey } from '@signet/core';
import { createRegistryClient, type Descriptor, parseRegistryReference, type Store } from '@signet/oci';
import { createTrustedTags } from '@signet/signed-tags';
import { type Policy, parseImagePattern, RuleIndex, type TagCatalogue } from '@signet/verifier';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createJudge,
  createMetrics,
  type Judge,
  type RunningServer,
  startServer,
} from '../../../packages/admission/src/index.ts';
import type { TestRegistry } from '../../support/docker-registry.ts';
import { startEmbeddedRegistry } from '../../support/embedded-registry.ts';
import { publishCatalogue, type TagHistory } from '../../support/signed-catalogue.ts';
import { catalogueOf } from '../../verifier/policy/catalogue-data.ts';
import { policyOf } from '../../verifier/policy/policy-data.ts';
import { createRepository } from '../proxy/world.ts';
import { admissionReview, pod } from '../requests.ts';

const [release, publisher] = await Promise.all([generateKey('ecdsa-p256'), generateKey('ecdsa-p256')]);
const sourceOf = (name: string, { publicKey }: typeof release) =>
  ({ kind: 'source', source: { name, keys: [publicKey] } }) as const;
const startMs = Date.now() - 3_600_000;
const client = createRegistryClient({ plainHttp: () => true });
let registry: TestRegistry;
let judge: Judge;
let server: RunningServer;

beforeAll(async () => {
  registry = await startEmbeddedRegistry();
  const metrics = createMetrics();
  judge = createJudge({
    policy: policy(),
    onAnswer: metrics.image,
    open: (reference) => client.repository(reference),
    trustedTags: ({ open }) => createTrustedTags({ open: async (location) => open(parseRegistryReference(location)) }),
  });
  server = await startServer({ judge, metrics, logger: pino({ level: 'silent' }) });
});

afterAll(async () => {
  await server.close();
  await client.close();
  await registry.stop();
});

function policy(changes: Partial<TagCatalogue> = {}): Policy {
  const collections = { name: `${registry.host}/shop`, isTree: true };
  const catalogue = catalogueOf({ collections, signedBy: sourceOf('publisher', publisher), ...changes });
  const target = {
    name: 'shop',
    mode: 'enforce',
    require: sourceOf('release', release),
    tag: 'trusted',
    catalogue,
    annotations: {},
    images: [`${registry.host}/shop/**`],
  } as const;
  const made = policyOf([target], { catalogues: [catalogue], revision: JSON.stringify(changes) });
  return { ...made, rules: new RuleIndex([{ pattern: parseImagePattern(`${registry.host}/shop/**`), target }]) };
}

/** A repository of its own: `v1` is `old` in the registry, and `current` by the catalogue. */
async function repository(name: string) {
  const collection = `${registry.host}/shop/${name}`;
  const store: Store = client.repository(parseRegistryReference(collection));
  const { image } = createRepository(store);
  const [old, current, next] = [
    await image('old', 'v1'),
    await image('current', 'current'),
    await image('next', 'next'),
  ];
  const publish = (issuedMs: number, ...history: TagHistory) =>
    publishCatalogue(store, {
      collection,
      publisher: createSoftwareSigner(publisher),
      signer: createSoftwareSigner(release),
      issuedMs,
      tags: { v1: history },
    });
  const at = (image: typeof old, ms: number): readonly [Descriptor, number] => [image.descriptor, startMs + ms];
  await publish(startMs + 1000, at(current, 1000), at(old, 0));
  /** The tag becomes `next`, as a push and a publisher make it. */
  const move = async () => {
    await publish(Date.now() - 1000, [next.descriptor, Date.now() - 1000], at(current, 1000));
    judge.forget(collection);
  };
  return { image: `${collection}:v1`, collection, old, current, next, move };
}

async function review(path: string, image: string) {
  const response = await fetch(`${server.url}${path}?timeout=5s`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(admissionReview(pod(image))),
  });
  const body = (await response.json()) as {
    readonly response: {
      readonly allowed: boolean;
      readonly patch?: string;
      readonly status?: { readonly message: string };
    };
  };
  const { allowed, patch, status } = body.response;
  const changes: readonly { readonly op: string; readonly value: string }[] =
    patch === undefined ? [] : JSON.parse(Buffer.from(patch, 'base64').toString());
  return {
    allowed,
    message: status?.message ?? '',
    image: changes.find(({ op }) => op === 'replace')?.value,
  };
}

describe('reviews under tag: trusted', () => {
  it('pin what the catalogue says, the tag kept, and let that pass', async () => {
    const { image, current, old } = await repository('api');
    const mutated = await review('/mutate', image);
    expect(mutated).toMatchObject({ allowed: true, image: `${image}@${current.descriptor.digest}` });
    expect(await review('/validate', mutated.image ?? '')).toMatchObject({ allowed: true });
    const other = await review('/validate', `${image}@${old.descriptor.digest}`);
    expect(other.allowed).toBe(false);
    expect(other.message).toContain('denied (DIGEST_NOT_CURRENT)');
  });

  it('let an image without a tag be that of latest, or refuse it', async () => {
    const { collection } = await repository('untagged');
    const refused = await review('/mutate', collection);
    expect(refused.allowed).toBe(false);
    expect(refused.message).toContain('TAG_NOT_SIGNED');
  });

  it('refuse one that is named by its tag alone where the answer cannot pin it', async () => {
    const { image, current } = await repository('by-tag');
    const refused = await review('/validate', image);
    expect(refused.message).toContain('NOT_PINNED');
    expect(refused.message).toContain(current.descriptor.digest);
    expect(refused.message).not.toContain('allowUnpinned');
  });

  it('refuse what a tag was when it moved between the two passes, unless the policy still lets it be that', async () => {
    const { image, next, move } = await repository('moved');
    const before = (await review('/mutate', image)).image ?? '';
    await move();
    expect((await review('/validate', before)).message).toContain('DIGEST_NOT_CURRENT');
    expect((await review('/mutate', image)).image).toBe(`${image}@${next.descriptor.digest}`);
    judge.usePolicy(policy({ supersededMs: 7 * 86_400_000 }));
    expect(await review('/validate', before)).toMatchObject({ allowed: true });
    judge.usePolicy(policy());
    expect((await review('/validate', before)).allowed).toBe(false);
  });

  it('do not go back where the registry shows an older catalogue', async () => {
    const { image, collection, current, old } = await repository('back');
    expect((await review('/mutate', image)).image).toBe(`${image}@${current.descriptor.digest}`);
    const store = client.repository(parseRegistryReference(collection));
    await publishCatalogue(store, {
      collection,
      publisher: createSoftwareSigner(publisher),
      signer: createSoftwareSigner(release),
      issuedMs: startMs,
      tags: { v1: [[old.descriptor, startMs]] },
    });
    judge.forget(collection);
    expect((await review('/mutate', image)).image).toBe(`${image}@${current.descriptor.digest}`);
    const figures = await (await fetch(`${server.url}/metrics`)).text();
    expect(figures).toContain(`signet_catalogue_older_total{collection="${collection}"} 1`);
  });

  it('are counted by when the catalogue expires', async () => {
    const { image, collection } = await repository('figures');
    await review('/mutate', image);
    const figures = await (await fetch(`${server.url}/metrics`)).text();
    const expirySeconds = Math.floor((startMs + 1000 + 72 * 3_600_000) / 1000);
    expect(figures).toContain(`signet_catalogue_expiry_seconds{collection="${collection}"} ${expirySeconds}`);
    expect(figures).not.toContain(`signet_catalogue_older_total{collection="${collection}"}`);
  });

  it('refuse everything of a repository whose catalogue is gone and was never seen', async () => {
    const store = client.repository(parseRegistryReference(`${registry.host}/shop/bare`));
    await createRepository(store).image('bare', 'v1');
    expect((await review('/mutate', `${registry.host}/shop/bare:v1`)).message).toContain('CATALOGUE_MISSING');
  });
});
