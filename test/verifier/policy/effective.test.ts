import { type Condition, effectivePolicy } from '@signet/verifier';
import { describe, expect, it } from 'vitest';
import { image, keyOf, source } from '../evidence-data.ts';
import { catalogueOf } from './catalogue-data.ts';
import { policyOf, ruleFor } from './policy-data.ts';

const id = (name: string) => `sha256:${keyOf(name).id}`;

describe('effectivePolicy', () => {
  it('fills in defaults, and names keys by their ids', () => {
    expect(effectivePolicy(policyOf([ruleFor('prod', ['r.example/**'])]))).toEqual({
      version: 1,
      revision: 'f'.repeat(64),
      default: 'deny',
      trust: { release: { keys: [id('release')], threshold: 1 } },
      refuse: { digests: [], keys: [] },
      rename: [],
      catalogues: {},
      rules: [
        { name: 'prod', images: ['r.example/**'], mode: 'enforce', require: 'release', tag: 'any', platforms: 'index' },
      ],
    });
  });

  it('says all of a catalogue, and names it in its rules', () => {
    const shop = catalogueOf({
      mirrors: [{ name: 'm.example/shop', isTree: true }],
      location: { name: 'r.example/trust', isTree: true },
      notBeforeMs: 0,
      supersededMs: 7 * 86_400_000,
    });
    const made = policyOf([ruleFor('prod', ['r.example/**'], { tag: 'trusted', catalogue: shop })], {
      catalogues: [shop, catalogueOf({ name: 'carried', freshness: { mode: 'bundle', maxAgeMs: 86_400_000 } })],
    });
    const { catalogues, trust, rules } = effectivePolicy(made);
    expect(catalogues.shop).toEqual({
      collections: 'registry.example/shop/**',
      mirrors: ['m.example/shop/**'],
      location: 'r.example/trust/**',
      signedBy: 'publisher',
      maxAge: '3d',
      notBefore: '1970-01-01T00:00:00Z',
      graceAfterExpiry: '0',
      onRollback: 'useTrusted',
      superseded: '7d',
      digestReferences: 'listed',
      freshness: { mode: 'online' },
    });
    expect(catalogues.carried).toMatchObject({ freshness: { mode: 'bundle', maxAge: '1d' } });
    expect(catalogues.carried).not.toHaveProperty('maxAge');
    expect(Object.keys(trust)).toEqual(['release', 'publisher']);
    expect(rules[0]).toMatchObject({ tag: 'trusted', catalogue: 'shop' });
  });

  it('says which formats count, where not all do', () => {
    const require = { kind: 'source', source: { ...source('a').source, formats: ['cosign'] } } as const;
    const { trust } = effectivePolicy(policyOf([ruleFor('p', ['a/b'], { require })]));
    expect(trust).toEqual({ a: { keys: [id('a')], threshold: 1, formats: ['cosign'] } });
  });

  it('says all that a rule asks for', () => {
    const tree = {
      kind: 'atLeast',
      count: 2,
      of: [source('a'), { kind: 'any', of: [source('b')] }, { kind: 'all', of: [source('c')] }],
    } as const;
    const place = { file: 'p.yaml', line: 3, column: 5 };
    const condition = { text: 'true', evaluate: () => ({ result: 'pass', message: '' }) } satisfies Condition;
    const strict = { require: tree, tag: 'bound', platforms: 'each', annotations: { team: 'web' } } as const;
    const times = { maxAgeMs: 86_400_000, notBeforeMs: 0 };
    const [rule] = effectivePolicy(policyOf([ruleFor('p', ['a/b'], { ...strict, ...times, condition, place })])).rules;
    expect(rule).toEqual({
      name: 'p',
      images: ['a/b'],
      mode: 'enforce',
      require: { atLeast: 2, of: ['a', { any: ['b'] }, { all: ['c'] }] },
      tag: 'bound',
      platforms: 'each',
      annotations: { team: 'web' },
      maxAge: '1d',
      notBefore: '1970-01-01T00:00:00Z',
      where: 'true',
      place,
    });
  });

  it('shows no trust for what is exempt, and all refusals sorted', () => {
    const refuse = { digests: new Set([image]), keyIds: new Set(['b', 'a']), keys: [] };
    const shown = effectivePolicy(
      policyOf([ruleFor('dev', ['d/**'], { mode: 'skip' })], { refuse, fallback: 'allow' }),
    );
    expect(shown).toMatchObject({
      default: 'allow',
      trust: {},
      refuse: { digests: [image], keys: ['sha256:a', 'sha256:b'] },
    });
    expect(shown.rules[0]).not.toHaveProperty('require');
  });
});
