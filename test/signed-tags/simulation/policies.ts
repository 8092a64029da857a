import { type Descriptor, type Digest, digestOf, encodeManifest, type Resolved } from '@signet/oci';
import {
  noRefusals,
  type Policy,
  parseImagePattern,
  type Requirement,
  type Rule,
  RuleIndex,
  type TagCatalogue,
} from '@signet/verifier';
import { type Person, sourceOf } from './people.ts';

export const registry = 'registry.example';
export const repository = 'shop/api';
export const collection: string = `${registry}/${repository}`;

/** Tags for which one signer is enough, and one for which it takes two. */
export const tags: readonly string[] = ['one', 'uno', 'two'];

/** How many signers a tag needs; a digest without a tag needs one. */
export function neededFor(tag: string | undefined): number {
  return tag === 'two' ? 2 : 1;
}

/** Images that exist; nothing but their digests matters. */
export const images: readonly Resolved[] = ['a', 'b', 'c', 'd', 'e'].map((name) =>
  encodeManifest({ kind: 'manifest', artifactType: 'application/x-image', annotations: { name } }),
);

/** @throws {RangeError} where there is none */
export function imageOf(digest: Digest): Descriptor {
  const image = images.find(({ descriptor }) => descriptor.digest === digest);
  if (image === undefined) throw new RangeError(`no image ${digest}`);
  return image.descriptor;
}

const names = new Map(images.map(({ descriptor }, at) => [descriptor.digest, `image ${'abcde'[at]}`]));

/** For a trace. */
export function imageName(digest: Digest | undefined): string {
  return digest === undefined ? 'nothing' : (names.get(digest) ?? digest.slice(7, 15));
}

/** Who may sign tags and catalogues, from some moment on. */
export interface Terms {
  readonly signers: readonly Person[];
  readonly publishers: readonly Person[];
  /** Of the catalogue: milliseconds since 1970 UTC. */
  readonly notBeforeMs?: number;
}

/** How long `REPO:TAG@DIGEST` may be what the tag named before, milliseconds. */
export const supersededMs: number = 7 * 24 * 3_600_000;

const made = new Map<string, Policy>();

/** The policy in these terms: the same object for the same terms. */
export function policyOf(terms: Terms): Policy {
  const key = JSON.stringify(terms);
  const policy = made.get(key) ?? makePolicy(terms, key);
  made.set(key, policy);
  return policy;
}

function makePolicy({ signers, publishers, notBeforeMs }: Terms, key: string): Policy {
  const catalogue: TagCatalogue = {
    name: 'shop',
    collections: { name: collection, isTree: false },
    mirrors: [],
    signedBy: { kind: 'any', of: publishers.map(sourceRequirement) },
    maxAgeMs: 72 * 3_600_000,
    ...(notBeforeMs === undefined ? {} : { notBeforeMs }),
    graceAfterExpiryMs: 0,
    onRollback: 'useTrusted',
    supersededMs,
    digestReferences: 'listed',
    freshness: { mode: 'online' },
  };
  const of = signers.map(sourceRequirement);
  const rule = (name: string, require: Requirement): Rule => ({
    name,
    mode: 'enforce',
    require,
    tag: 'trusted',
    catalogue,
    annotations: {},
    images: [name],
  });
  const rules = [rule(collection, { kind: 'any', of }), rule(`${collection}:two`, { kind: 'atLeast', count: 2, of })];
  return {
    rules: new RuleIndex(rules.map((target) => ({ pattern: parseImagePattern(target.name), target }))),
    ruleList: rules,
    fallback: 'deny',
    refuse: noRefusals,
    renames: [],
    catalogues: [catalogue],
    revision: digestOf(Buffer.from(key)).slice(7),
  };
}

function sourceRequirement(person: Person): Requirement {
  return { kind: 'source', source: sourceOf(person) };
}
