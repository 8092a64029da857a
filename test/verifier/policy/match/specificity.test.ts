import { type Digest, parseDigest } from '@signet/oci';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchesGlob } from '../../../../packages/verifier/src/policy/match/glob.ts';
import { matchesName, parseImagePattern } from '../../../../packages/verifier/src/policy/match/image-pattern.ts';
import { type AskedImage, RuleIndex } from '../../../../packages/verifier/src/policy/match/rule-index.ts';
import { compareSpecificity, specificityOf } from '../../../../packages/verifier/src/policy/match/specificity.ts';
import { thrownError } from './thrown.ts';

const compare = (one: string, other: string): number =>
  Math.sign(compareSpecificity(specificityOf(parseImagePattern(one)), specificityOf(parseImagePattern(other))));

describe('of two patterns', () => {
  it.each([
    ['a literal host before one with *', 'reg.example.com/**', '*.example.com/prod/app'],
    ['a host with more literal characters', '*.b.example.com/**', '*.example.com/**'],
    ['a host with * before any host', '*.io/**', '*/team/app'],
    ['any host and a name before every image', '*/team/**', '*'],
    ['a host with fewer *', '*.example.com/**', '*.*example.com/**'],
    ['a host that is written before one that ** stands for', '*/a/b', '**/a/b'],
    ['more literal leading parts', 'reg.example.com/prod/**', 'reg.example.com/*/app'],
    ['one without ** before one with it', 'reg.example.com/*', 'reg.example.com/**/app'],
    ['more literal characters', 'reg.example.com/team-*', 'reg.example.com/*m-*'],
    ['more parts', 'reg.example.com/*/**', 'reg.example.com/**'],
    ['what is written out behind **', 'reg.example.com/**/prod/**/app', 'reg.example.com/**/app'],
    ['fewer **', 'reg.example.com/**/ab', 'reg.example.com/**/a/**'],
    ['fewer *', 'reg.example.com/ab*', 'reg.example.com/a*b*'],
    ['one with a tag', 'reg.example.com/app:*', 'reg.example.com/app'],
    ['one with tag and digest', 'reg.example.com/app:*@sha256:*', 'reg.example.com/app:v1.0.0'],
    ['more literal characters of the tag', 'reg.example.com/app:v1*', 'reg.example.com/app:v*'],
    ['fewer * in the tag', 'reg.example.com/app:v1', 'reg.example.com/app:v1*'],
    ['a host counts before all of the path', '*.example.com/**', '*.com/prod/team/app'],
    ['and the path before the tag', '*:dev-*', '*'],
    ['so a tag chooses no other name', 'reg.example.com/**', '*:dev-*'],
  ])('%s says more: %s, not %s', (_what, more, less) => {
    expect(compare(more, less)).toBe(1);
    expect(compare(less, more)).toBe(-1);
  });

  it('neither says more where only places are exchanged', () => {
    expect(compare('reg.example.com/a*', 'reg.example.com/*b')).toBe(0);
  });
});

// A finite world that shows every difference of the patterns below: c stands for all that no pattern names.
const hosts = ['x.io', 'cx.io', 'c.io', 'x.io:5', 'x.io:6', 'c.io:5', 'c.io:6', 'c', 'a', 'ac', 'cb'];
const paths = [
  ...upTo(3, ['a', 'ac', 'ab', 'cb', 'c']),
  ...upTo(5, ['a', 'cb', 'c']).filter((path) => path.length > 3),
];
const names = hosts.flatMap((host) => paths.map((path) => [host, ...path]));
const tags = [undefined, 'v', 'v1', 'vc', 'vc1', 'c', 'c1'];
const digests = [
  undefined,
  ...['abc', 'acc', 'cac', 'ccb'].map((text) => parseDigest(`sha256:${text.padEnd(64, 'c')}`)),
];

const pieces = fc.record({
  host: fc.constantFrom('x.io', '*.io', '*x.io', '*', '**', '*:*', 'x.io:*', '*:5'),
  path: fc.array(fc.constantFrom('a', 'a*', '*b', '*', '**'), { minLength: 1, maxLength: 3 }),
  tag: fc.constantFrom('', '', ':v1', ':v*', ':*', ':*1', ':v*1'),
  digest: fc.constantFrom('', '', '@sha256:*', '@sha256:a*', '@sha256:ab*', '@sha256:*a*'),
});
/** Two patterns that have some pieces in common, so that one is often a part of the other. */
const pair = fc
  .tuple(pieces, pieces, fc.record({ host: fc.boolean(), path: fc.nat(3), tag: fc.boolean(), digest: fc.boolean() }))
  .map(([one, other, same]) => {
    const path = [...one.path.slice(0, same.path), ...other.path.slice(same.path)];
    const shared = Object.entries(one).filter(([key]) => key !== 'path' && same[key as keyof typeof same] === true);
    return [one, { ...other, ...Object.fromEntries(shared), path }] as const;
  })
  .map((both) => both.map(({ host, path, tag, digest }) => `${host}/${path.join('/')}${tag}${digest}`))
  .map(([one = '', other = '']) => [one, other] as const);

it('what matches only a part of what another pattern matches decides about that part; the same twice, and ties, are refused', () => {
  const seen = { part: 0, same: 0, tie: 0, other: 0 };
  fc.assert(
    fc.property(pair, ([one, other]) => {
      const [a, b] = [worldOf(one), worldOf(other)];
      const relation = relationOf(a, b, compare(one, other));
      seen[relation] += 1;
      const isRefused = thrownError(() => ruleIndex([one, other])) !== undefined;
      expect(isRefused).toBe(relation === 'same' || relation === 'tie');
      for (const asked of relation === 'part' ? someOf(a) : [])
        expect(ruleIndex([one, other]).choose(asked)).toMatchObject({ kind: 'chosen', by: { target: 0 } });
    }),
    { numRuns: 200 },
  );
  expect(seen.part).toBeGreaterThan(5);
  expect(seen.same).toBeGreaterThan(2);
});

function relationOf(one: World, other: World, difference: number): 'same' | 'part' | 'tie' | 'other' {
  if (isWithin(one, other)) return isWithin(other, one) ? 'same' : 'part';
  const isShared = sides.every((side) => one[side].some((isThere, at) => isThere && other[side][at] === true));
  return isShared && difference === 0 ? 'tie' : 'other';
}

/** What a pattern matches of the world; its pieces are conditions of their own. */
type World = Readonly<Record<(typeof sides)[number], readonly boolean[]>>;
const sides = ['names', 'tags', 'digests'] as const;

function worldOf(text: string): World {
  const pattern = parseImagePattern(text);
  const fits = (glob: string | undefined) => (text: string | undefined) =>
    glob === undefined || (text !== undefined && matchesGlob(glob, text));
  return {
    names: names.map((name) => matchesName(pattern, name)),
    tags: tags.map(fits(pattern.tag)),
    digests: digests.map(fits(pattern.digest)),
  };
}

function isWithin(one: World, other: World): boolean {
  return sides.every((side) => one[side].every((isThere, at) => !isThere || other[side][at] === true));
}

/** The images at the ends of each side. */
function someOf(world: World): readonly AskedImage[] {
  const ends = <Item>(all: readonly Item[], isThere: readonly boolean[]): readonly Item[] => {
    const there = all.filter((_, at) => isThere[at] === true);
    return [...there.slice(0, 1), ...there.slice(-1)];
  };
  return ends(names, world.names).flatMap(([registry = '', ...path]) =>
    ends(tags, world.tags).flatMap((tag) =>
      ends(digests, world.digests).map((digest) => askedImage(registry, path.join('/'), { tag, digest })),
    ),
  );
}

function askedImage(
  registry: string,
  repository: string,
  { tag, digest }: { readonly tag: string | undefined; readonly digest: Digest | undefined },
): AskedImage {
  const tagPart = tag === undefined ? {} : { tag };
  if (digest === undefined) return { registry, repository, ...tagPart, tagNames: null };
  return { registry, repository, ...tagPart, digest, tagNames: digest };
}

function ruleIndex(texts: readonly string[]): RuleIndex<number> {
  return new RuleIndex(texts.map((text, target) => ({ pattern: parseImagePattern(text), target })));
}

function upTo(length: number, from: readonly string[]): readonly (readonly string[])[] {
  if (length === 0) return [];
  const shorter = upTo(length - 1, from);
  const longest = shorter.length === 0 ? [[]] : shorter.filter((path) => path.length === length - 1);
  return [...shorter, ...longest.flatMap((path) => from.map((word) => [...path, word]))];
}
