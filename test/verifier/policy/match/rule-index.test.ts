import { type Digest, digestOf, parseRegistryReference } from '@signet/oci';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { type ImagePattern, parseImagePattern } from '../../../../packages/verifier/src/policy/match/image-pattern.ts';
import { RuleIndex } from '../../../../packages/verifier/src/policy/match/rule-index.ts';
import { compareSpecificity, specificityOf } from '../../../../packages/verifier/src/policy/match/specificity.ts';
import { thrownError } from './thrown.ts';

const digestA = digestOf(Buffer.from('a'));
const digestB = digestOf(Buffer.from('b'));
const index = (...patterns: readonly string[]): RuleIndex<string> =>
  new RuleIndex(patterns.map((text) => ({ pattern: parseImagePattern(text), target: text })));
const choose = (rules: RuleIndex<string>, reference: string, tagNames?: Digest | null): string => {
  const choice = rules.choose({
    ...parseRegistryReference(reference),
    ...(tagNames === undefined ? {} : { tagNames }),
  });
  return choice.kind === 'chosen' ? choice.by.target : choice.kind;
};

describe('the rule that decides', () => {
  const rules = index(
    'reg.example.com/**',
    'reg.example.com/prod/**',
    'reg.example.com/prod/*/app',
    '*.example.com/**',
    '*',
    'reg.example.com/prod/web',
  );

  it.each([
    ['reg.example.com/prod/web:1', 'reg.example.com/prod/web'],
    ['reg.example.com/prod/eu/app', 'reg.example.com/prod/*/app'],
    ['reg.example.com/prod/eu/web', 'reg.example.com/prod/**'],
    ['REG.example.com:443/prod/x', 'reg.example.com/prod/**'],
    ['reg.example.com/dev', 'reg.example.com/**'],
    ['other.example.com/dev', '*.example.com/**'],
    ['alpine', '*'],
  ])('for %s is %s', (reference, expected) => {
    expect(choose(rules, reference)).toBe(expected);
  });

  it('is none where no pattern fits', () => {
    expect(choose(index('reg.example.com/**'), 'alpine')).toBe('none');
  });

  it('with a tag pattern goes before the same without, and speaks only of that tag', () => {
    const tagged = index('reg.example.com/app', 'reg.example.com/app:v*');
    expect(choose(tagged, 'reg.example.com/app:v1')).toBe('reg.example.com/app:v*');
    expect(choose(tagged, 'reg.example.com/app:w1')).toBe('reg.example.com/app');
    expect(choose(tagged, `reg.example.com/app@${digestA}`)).toBe('reg.example.com/app');
  });

  it('is not chosen by a tag that the deployer wrote beside a digest: the registry is asked what it names', () => {
    const lenient = index('reg.example.com/**', 'reg.example.com/prod', '*:dev-*');
    expect(choose(lenient, `reg.example.com/prod:dev-x@${digestA}`)).toBe('reg.example.com/prod');
    const open = index('*', '*:dev-*');
    const asked = `reg.example.com/prod:dev-x@${digestA}`;
    expect(choose(open, asked)).toBe('ask-tag');
    expect(choose(open, asked, digestB)).toBe('*');
    expect(choose(open, asked, null)).toBe('*');
    expect(choose(open, asked, digestA)).toBe('*:dev-*');
    expect(choose(open, 'reg.example.com/prod:dev-x')).toBe('*:dev-*');
  });

  it('may be one for a digest', () => {
    const pinned = index('reg.example.com/app', `reg.example.com/app@${digestA}`);
    expect(choose(pinned, `reg.example.com/app@${digestA}`)).toBe(`reg.example.com/app@${digestA}`);
    expect(choose(pinned, `reg.example.com/app@${digestB}`)).toBe('reg.example.com/app');
    expect(choose(pinned, 'reg.example.com/app:1')).toBe('ask-tag');
    expect(choose(pinned, 'reg.example.com/app:1', digestA)).toBe(`reg.example.com/app@${digestA}`);
  });
});

describe('patterns that say equally much', () => {
  it.each([
    ['*', '*/**'],
    ['reg.example.com/**', 'reg.example.com/**/*'],
    ['reg.example.com/a*/x', 'reg.example.com/*b/x'],
    ['reg.example.com/**/x', 'reg.example.com/**/x'],
    ['reg.example.com/x:v*', 'reg.example.com/x:*1'],
    ['*:a*', '*:*b'],
  ])('and overlap are refused: %s, %s', (one, other) => {
    const rules = [one, other].map((text, target) => ({ pattern: parseImagePattern(text), target }));
    expect(thrownError(() => new RuleIndex(rules))).toMatchObject({
      code: 'POLICY_INVALID',
      message: expect.stringContaining(one),
    });
  });

  it('are fine where they do not overlap, or belong to one rule', () => {
    expect(thrownError(() => index('reg.example.com/a*/x', 'reg.example.com/b*/x'))).toBeUndefined();
    const target = 'one rule';
    const rules = ['reg.example.com/a*/x', 'reg.example.com/*b/x'].map((text) => ({
      pattern: parseImagePattern(text),
      target,
    }));
    expect(thrownError(() => new RuleIndex(rules))).toBeUndefined();
  });
});

const letters = fc.constantFrom('a', 'b');
const name = fc.array(letters, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
const host = fc.constantFrom('x.io', 'y.io', 'z.io:5000');
const patternText = fc
  .record({
    host: fc.constantFrom('x.io', 'y.io', '*.io', '*', '**', 'z.io:5000', 'X.io:443'),
    path: fc.array(fc.constantFrom('a', 'b', '*', 'a*', '*b', '**'), { minLength: 1, maxLength: 3 }),
    tag: fc.constantFrom('', ':v1', ':v*', ':*'),
  })
  .map((made) => `${made.host}/${made.path.join('/')}${made.tag}`);
const reference = fc
  .record({ host, name, tag: fc.constantFrom('', ':v1', ':v2', ':w') })
  .map((made) => `${made.host}/${made.name}${made.tag}`);

/** Matching by a regular expression of the same meaning, and choosing by looking at every pattern. */
function bruteForce(patterns: readonly ImagePattern[], text: string): string {
  const { registry, repository, tag } = parseRegistryReference(text);
  const fitting = patterns.filter((pattern) => {
    const parts = pattern.parts.map((part) =>
      part.kind === 'any' ? '(?:[^/]+/)*' : `${part.glob.replaceAll('.', '\\.').replaceAll('*', '[^/]*')}/`,
    );
    const fitsTag =
      pattern.tag === undefined ||
      (tag !== undefined && new RegExp(`^${pattern.tag.replaceAll('*', '.*')}$`).test(tag));
    return fitsTag && new RegExp(`^${parts.join('')}$`).test(`${registry}/${repository}/`);
  });
  const [best] = fitting.sort((one, other) => compareSpecificity(specificityOf(other), specificityOf(one)));
  return best?.text ?? 'none';
}

it('is the one that looking at every pattern finds, whatever their order', () => {
  fc.assert(
    fc.property(fc.array(patternText, { maxLength: 12 }), reference, (texts, asked) => {
      const unique = [...new Set(texts)];
      const patterns = unique.map((text) => parseImagePattern(text));
      // Ties are refused elsewhere: one target for all lets them pass here, and where they are, either is right.
      const made = (some: readonly ImagePattern[]) =>
        new RuleIndex(some.map((pattern) => ({ pattern, target: 'all' })));
      const found = (some: readonly ImagePattern[]): ImagePattern | undefined => {
        const choice = made(some).choose(parseRegistryReference(asked));
        return choice.kind === 'chosen' ? choice.by.pattern : undefined;
      };
      const expected = bruteForce(patterns, asked);
      for (const order of [patterns, [...patterns].reverse()]) {
        const one = found(order);
        if (expected === 'none' || one === undefined) {
          expect(one?.text ?? 'none').toBe(expected);
          continue;
        }
        expect(compareSpecificity(specificityOf(one), specificityOf(parseImagePattern(expected)))).toBe(0);
      }
    }),
    { numRuns: 500 },
  );
});

describe('choosing', () => {
  /** Parts of patterns that are held against parts of the name. */
  const steps = (patterns: readonly string[], reference: string): number => {
    const rules = index(...patterns);
    const split = vi.spyOn(String.prototype, 'split');
    try {
      choose(rules, reference);
      return split.mock.calls.length;
    } finally {
      split.mockRestore();
    }
  };

  it.each([
    ['**', (n: number) => `x.io/${'**/a/'.repeat(n)}b`],
    ['* in one part', (n: number) => `x.io/**/${'*a'.repeat(n)}/b`],
    ['* and ** in turn', (n: number) => `x.io/${'**/*a*/'.repeat(n)}b`],
    ['* alone', (n: number) => `x.io/${'*/'.repeat(n)}b`],
  ])(
    'takes no catastrophic time: twice as much of %s on a name twice as long costs at most four times',
    (_what, make) => {
      const name = (n: number): string => `x.io/${'a/'.repeat(n)}c`;
      const [once, twice] = [10, 20].map((n) => steps([make(n)], name(n)));
      expect(once).toBeGreaterThan(0);
      expect(twice).toBeLessThanOrEqual((once ?? 0) * 4);
    },
  );

  it('takes linear time in the number of patterns that it cannot tell apart by literals', () => {
    const globs = (n: number): readonly string[] => Array.from({ length: n }, (_, at) => `x.io/a*${at}b`);
    const [once, twice] = [100, 200].map((n) => steps(globs(n), 'x.io/ab'));
    expect(twice).toBeLessThanOrEqual((once ?? 0) * 2 + 10);
  });
});
