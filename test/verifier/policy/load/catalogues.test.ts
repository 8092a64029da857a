import { describe, expect, it } from 'vitest';
import { policyLimits } from '../../../../packages/verifier/src/policy/load/limits.ts';
import { lint, problemsOf } from './policy-data.ts';

const trust = 'trust: { r: { keys: [a.pub] }, p: { keys: [b.pub] }, old: { keys: [c.pub], formats: [cosign] } }\n';
const rules = 'rules: [{ images: ["x.io/shop/**"], require: { any: [r, old] }, tag: trusted, catalogue: shop }]\n';
/** Its catalogues are from line 4, its rules above. */
const policy = (catalogues: string): string => `version: 1\n${trust}${rules}catalogues:\n${catalogues}`;
const shop = (more: string): string => policy(`  shop: { collections: "x.io/shop/**", signedBy: p${more} }\n`);
const errorsOf = async (text: string) => (await problemsOf(text)).filter((line) => line.startsWith('error'));
const catalogueIn = async (text: string) => {
  const { policy: made, problems } = await lint(text);
  expect(problems).toEqual([]);
  return made?.catalogues[0];
};

describe('a catalogue', () => {
  it('has what is written, and defaults for the rest; its rule has it', async () => {
    const { policy: made, problems } = await lint(shop(''));
    expect(problems).toEqual([]);
    expect(made?.catalogues).toEqual([
      {
        name: 'shop',
        collections: { name: 'x.io/shop', isTree: true },
        mirrors: [],
        signedBy: { kind: 'source', source: expect.objectContaining({ name: 'p' }) },
        maxAgeMs: 72 * 3_600_000,
        graceAfterExpiryMs: 0,
        onRollback: 'useTrusted',
        supersededMs: 0,
        digestReferences: 'listed',
        freshness: { mode: 'online' },
        place: { file: 'policy.yaml', line: 5, column: 3 },
      },
    ]);
    expect(made?.ruleList[0]).toMatchObject({ tag: 'trusted', catalogue: made?.catalogues[0] });
  });

  it('says all that it can say', async () => {
    const more =
      ', mirrors: ["M.io:443/shop/**"], location: "x.io/trust/**", maxAge: 24h, notBefore: "2026-01-01T00:00:00Z"';
    const rest =
      ', graceAfterExpiry: 12h, onRollback: deny, superseded: 7d, digestReferences: any, freshness: { mode: online }';
    expect(
      await catalogueIn(
        shop(
          more
            .toLowerCase()
            .replace('t00:00:00z', 'T00:00:00Z')
            .replaceAll(/maxage|notbefore/g, (field) => (field === 'maxage' ? 'maxAge' : 'notBefore')) + rest,
        ),
      ),
    ).toMatchObject({
      mirrors: [{ name: 'm.io/shop', isTree: true }],
      location: { name: 'x.io/trust', isTree: true },
      maxAgeMs: 86_400_000,
      notBeforeMs: Date.UTC(2026, 0, 1),
      graceAfterExpiryMs: 12 * 3_600_000,
      onRollback: 'deny',
      supersededMs: 7 * 86_400_000,
      digestReferences: 'any',
      freshness: { mode: 'online' },
    });
  });

  it('may come by hand: the age that it may have then stands for its expiry', async () => {
    expect(await catalogueIn(shop(', freshness: { mode: bundle, maxAge: 30d }'))).toMatchObject({
      freshness: { mode: 'bundle', maxAgeMs: 30 * 86_400_000 },
    });
  });

  it('takes 0 for no time at all', async () => {
    expect(await catalogueIn(shop(', superseded: 0, graceAfterExpiry: 0'))).toMatchObject({ supersededMs: 0 });
  });

  it('may be one of a file that is extended', async () => {
    const files = { 'base.yaml': 'version: 1\ncatalogues: { shop: { collections: "x.io/shop/**", signedBy: p } }\n' };
    expect(await problemsOf(`version: 1\nextends: base.yaml\n${trust}${rules}`, { files })).toEqual([]);
    expect(
      await problemsOf(
        `version: 1\nextends: base.yaml\n${trust}${rules}catalogues: { shop: { collections: "x.io/shop/**", signedBy: p } }`,
        { files },
      ),
    ).toEqual([
      expect.stringContaining(
        'error POLICY_INVALID base.yaml:2:15 the catalogue "shop" is there already: policy.yaml:5:15',
      ),
    ]);
  });

  it('has variables in its patterns', async () => {
    const text = `variables: { HOST: { env: HOST, default: x.io } }\n${shop('').replace('"x.io/shop/**", signedBy', '"${HOST}/shop/**", signedBy')}`;
    expect((await catalogueIn(text))?.collections.name).toBe('x.io/shop');
  });

  it.each([
    ['x.io/shop/**', 'x.io/shop', true],
    ['X.IO.:443/shop/**', 'x.io/shop', true],
    ['x.io/**', 'x.io', true],
    ['x.io/shop/api', 'x.io/shop/api', false],
    ['docker.io/nginx', 'docker.io/library/nginx', false],
    ['index.docker.io/library/nginx', 'docker.io/library/nginx', false],
    ['localhost:5000/shop/**', 'localhost:5000/shop', true],
    ['[::1]:5000/shop', '[::1]:5000/shop', false],
  ])('for %s: folded as references are', async (pattern, name, isTree) => {
    const text = policy(`  c: { collections: "${pattern}", signedBy: p }\n`)
      .replace('catalogue: shop', 'catalogue: c')
      .replace('x.io/shop/**', pattern);
    expect((await catalogueIn(text))?.collections).toEqual({ name, isTree });
  });
});

describe('a catalogue is refused', () => {
  const noOther = '[HOST/PATH is one repository, HOST/PATH/** all below it; no other * can be here]';
  it('where nobody is called so', async () => {
    expect(await errorsOf(shop('').replace(': p }', ': nobody }'))).toEqual([
      'error POLICY_INVALID 5:50 there is no source of trust "nobody" [there are: r, p, old]',
    ]);
  });

  it.each([
    ['x.io/*/api', `is neither one repository nor all below a name ${noOther}`],
    ['x.io/shop-*', `is neither one repository nor all below a name ${noOther}`],
    ['**', 'is neither one repository nor all below a name'],
    ['shop/**', '"shop" does not begin with the host of a registry [for Docker Hub: docker.io/shop]'],
    ['x.io', '"x.io" is a registry, not a repository [all of it: x.io/**]'],
    ['x.io/Shop/**', '"x.io/Shop" is not HOST or HOST/PATH, without tag, digest or *'],
    ['x.io/shop:1', '"x.io/shop:1" is not HOST or HOST/PATH, without tag, digest or *'],
    ['x.io//**', `is neither one repository nor all below a name ${noOther}`],
  ])('with the collections %s', async (pattern, fault) => {
    const told = await errorsOf(policy(`  shop: { collections: "${pattern}", signedBy: p }\n`));
    expect(told).toEqual([expect.stringMatching(/^error POLICY_INVALID 5:24 /)]);
    expect(told[0]).toContain(fault);
  });

  it.each([
    [
      'mirrors: ["m.io/shop"]',
      '5:63 "m.io/shop" is one repository, but the collections are all below a name: it ends in /** too',
    ],
    [
      'location: "x.io/trust"',
      '5:63 "x.io/trust" is one repository, but the collections are all below a name: it ends in /** too',
    ],
    ['mirrors: ["m.io/a/**", "m.io:443/a/**"]', '5:76 "m.io/a/**" stands in two places: policy.yaml:5:63'],
    ['mirrors: ["x.io/shop/**"]', '5:63 "x.io/shop/**" stands in two places: policy.yaml:5:24'],
    [
      'mirrors: ["x.io/shop/copy/**"]',
      '5:63 the mirror "x.io/shop/copy/**" is inside the collections "x.io/shop/**" (policy.yaml:5:24): what is there would be two collections',
    ],
    ['maxAge: 0s', '5:61 a duration is a number and one of s, m, h, d, such as 72h'],
    ['maxAge: 72', '5:61 text is expected here, not the number 72 [say of what: 72d, 72h]'],
    ['superseded: 7', '5:65 text is expected here, not the number 7 [say of what: 7d, 7h]'],
    ['notBefore: "2026-02-30T00:00:00Z"', '5:64 there is no such time: "2026-02-30T00:00:00Z"'],
    [
      'freshness: { mode: bundle }',
      '5:64 "maxAge" of "freshness" is missing: with mode: bundle it replaces the expiry',
    ],
    [
      'freshness: { mode: online, maxAge: 1d }',
      '5:80 "maxAge" of "freshness" means nothing with mode: online [the catalogue itself has a "maxAge"]',
    ],
    [
      'maxAge: 1d, freshness: { mode: bundle, maxAge: 30d }',
      '5:53 "maxAge" means nothing with freshness: mode: bundle, whose own "maxAge" counts',
    ],
    [
      'graceAfterExpiry: 0, freshness: { mode: bundle, maxAge: 30d }',
      '5:53 "graceAfterExpiry" means nothing with freshness: mode: bundle, whose own "maxAge" counts',
    ],
    ['onRollback: allow', '5:65 "allow" is none of useTrusted, deny'],
  ])('with %s', async (more, fault) => {
    const told = await errorsOf(shop(`, ${more}`));
    expect(told).toEqual([expect.stringContaining(`error POLICY_INVALID ${fault}`)]);
  });

  it.each(['never', 'old', '{ all: [p, old] }', '{ atLeast: 2, of: [p, old] }'])(
    'signed by %s: that can never be',
    async (signedBy) => {
      expect(await errorsOf(policy(`  shop: { collections: "x.io/shop/**", signedBy: ${signedBy} }\n`))).toEqual([
        'error POLICY_INVALID 5:50 no catalogue can ever be signed by this [name a source whose signatures may be of another format than cosign]',
      ]);
    },
  );

  it('in the place of another', async () => {
    const two = (more: string) =>
      policy(`  shop: { collections: "x.io/shop/**", signedBy: p }\n  two: { ${more}, signedBy: p }\n`);
    const both = await errorsOf(two('collections: "x.io:443/shop/**"'));
    expect(both).toEqual(['error POLICY_INVALID 6:23 "x.io/shop/**" stands in two places: policy.yaml:5:24']);
    expect(await errorsOf(two('collections: "y.io/**", mirrors: ["x.io/shop/y/**"]'))).toEqual([
      expect.stringContaining(
        '6:44 the mirror "x.io/shop/y/**" is inside the collections "x.io/shop/**" (policy.yaml:5:24)',
      ),
    ]);
    expect(await errorsOf(two('collections: "x.io/shop/inner/**"'))).toEqual([]); // the longer one is meant
  });

  it('with a location that another has', async () => {
    const one = '  shop: { collections: "x.io/shop/**", location: "t.io/**", signedBy: p }\n';
    const two = '  two: { collections: "y.io/shop/**", location: "t.io/**", signedBy: p }\n';
    expect(await errorsOf(policy(one + two))).toEqual([
      'error POLICY_INVALID 6:49 "t.io/**" stands in two places: policy.yaml:5:50',
    ]);
  });

  it('with a name that is none', async () => {
    for (const name of ['../up', '.hidden', 'a b', 'x'.repeat(65)])
      expect(await errorsOf(policy(`  "${name}": { collections: "x.io/shop/**", signedBy: p }\n`))).toEqual([
        expect.stringContaining('the name of a catalogue is up to 64 letters, digits, dots, dashes and underscores'),
      ]);
  });

  it('beyond so many, over all files together', async () => {
    const some = (letter: string, count: number) =>
      `catalogues: {${Array.from({ length: count }, (_, at) => `${letter}${at}: { collections: "x.io/${letter}/${at}", signedBy: p }`).join()}}\n`;
    const { maxCatalogues } = policyLimits;
    expect(await errorsOf(`version: 1\n${trust}${some('a', maxCatalogues + 1)}`)).toEqual([
      'error POLICY_INVALID 3:13 "catalogues" has more than 100 entries',
    ]);
    const files = { 'base.yaml': `version: 1\n${some('b', 51)}` };
    expect(
      (await problemsOf(`version: 1\nextends: base.yaml\n${trust}${some('a', 50)}`, { files })).filter((line) =>
        line.startsWith('error'),
      ),
    ).toEqual([
      expect.stringMatching(/^error POLICY_INVALID base\.yaml:2:\d+ the policy has more than 100 catalogues$/),
    ]);
  });
});

describe('the revision', () => {
  it('changes with a catalogue', async () => {
    const revisions = await Promise.all(
      [shop(''), shop(', maxAge: 71h')].map(async (text) => (await lint(text)).policy?.revision),
    );
    expect(new Set(revisions).size).toBe(2);
  });
});
