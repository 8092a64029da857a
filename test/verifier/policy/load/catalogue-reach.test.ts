import { describe, expect, it } from 'vitest';
import { problemsOf } from './policy-data.ts';

const head =
  'version: 1\ntrust: { r: { keys: [a.pub] }, p: { keys: [b.pub] }, old: { keys: [c.pub], formats: [cosign] } }\n';
const shop =
  'catalogues: { shop: { collections: "x.io/shop/**", mirrors: ["m.io/shop/**"], signedBy: { any: [p, old] } } }\n';
/** Its rules are from line 5. */
const problems = (rules: string) => problemsOf(`${head}${shop}rules:\n${rules}`);
const trusting = (images: string, more = ''): string =>
  `  - { images: [${images}], require: r, tag: trusted, catalogue: shop${more} }\n`;
const all = trusting('"x.io/shop/**", "m.io/shop/**"');

describe('a rule with tag: trusted', () => {
  it('asks a catalogue for all of its images', async () => {
    expect(await problems(all)).toEqual([]);
    expect(await problems(trusting('"x.io/shop/*:v*", m.io/shop/api'))).toEqual([]);
  });

  const asks = 'tag: trusted asks for a "catalogue" [name one of "catalogues": who says which tags are current]';
  const gate = '"allowUnpinned" cannot be had with tag: trusted: what is pulled by the tag alone no catalogue says';
  it.each([
    ['  - { images: [x.io/shop/a], require: r, tag: trusted }\n', `5:47 ${asks}`],
    [
      '  - { images: [x.io/shop/a], require: r, catalogue: shop }\n',
      '5:42 "catalogue" means something only with tag: trusted',
    ],
    [
      '  - { images: [x.io/shop/a], require: r, tag: bound, catalogue: shop }\n',
      '5:54 "catalogue" means something only with tag: trusted',
    ],
    [
      '  - { images: [x.io/shop/a], require: r, tag: trusted, catalogue: shp }\n',
      '5:67 there is no catalogue "shp" [did you mean "shop"?]',
    ],
    [
      '  - { images: [x.io/shop/a], require: r, tag: trusted, catalogue: other }\n',
      '5:67 there is no catalogue "other" [name catalogues under "catalogues"]',
    ],
    [
      '  - { images: [x.io/shop/a], mode: skip, catalogue: shop }\n',
      '5:42 "catalogue" means nothing in a rule with mode: skip, under which nothing is checked',
    ],
    [trusting('x.io/shop/a', ', allowUnpinned: true'), `5:88 ${gate}`],
    [
      trusting('x.io/shop/a, x.io/else'),
      '5:29 no image of "x.io/else" is in a collection of the catalogue "shop" [it is for x.io/shop/**, m.io/shop/**]',
    ],
    [
      trusting('x.io/shop'),
      '5:16 no image of "x.io/shop" is in a collection of the catalogue "shop" [it is for x.io/shop/**, m.io/shop/**]',
    ],
    [
      '  - { images: [x.io/shop/a], require: old, tag: trusted, catalogue: shop }\n',
      '5:5 nothing satisfies rule "rules[0]": signatures in the format cosign say nothing of a tag [with tag: trusted at least one other format must count]',
    ],
  ])('is refused: %s', async (rules, fault) => {
    const told = (await problems(rules)).filter((line) => line.startsWith('error'));
    expect(told).toEqual([`error POLICY_INVALID ${fault}`]);
  });

  it('may be allowed to pass unpinned where that is said to be off', async () => {
    expect(await problems(trusting('"x.io/shop/**"', ', allowUnpinned: false'))).toEqual([]);
  });

  it('may close what it is for: never', async () => {
    expect(await problems(all.replace('require: r', 'require: never'))).toEqual([
      expect.stringContaining('no rule asks for the source "r"'),
    ]);
  });

  it('for more than the catalogue is told that the rest is denied', async () => {
    const told =
      'are in a collection of the catalogue "shop": the others are denied [it is for x.io/shop/**, m.io/shop/**]';
    expect(await problems(trusting('"x.io/**"'))).toEqual([
      `warning POLICY_DOUBTFUL 5:16 not all images of "x.io/**" ${told}`,
    ]);
  });
});

describe('a catalogue', () => {
  it('that no rule asks is told', async () => {
    expect(await problems('  - { images: [x.io/shop/a], require: r }\n')).toContain(
      'warning POLICY_DOUBTFUL 3:15 no rule asks the catalogue "shop"',
    );
  });

  it('asks for its sources: they are used', async () => {
    expect((await problems(all)).filter((line) => line.includes('source'))).toEqual([]);
  });
});

describe('a rule that reaches a collection without its catalogue', () => {
  const hint = '[give it tag: trusted too, if that is not meant]';
  const doubt = (judged: string) =>
    `rule "other" (${judged}) decides about images of the catalogue "shop" without asking it ${hint}`;
  it.each([
    ['name: other, images: [x.io/shop/legacy], require: r', 'tag: any'],
    ['name: other, images: ["m.io/shop/a/**"], require: r, tag: bound', 'tag: bound'],
    ['name: other, images: ["x.io/shop/*:dev-*"], require: r', 'tag: any'],
    ['name: other, images: ["x.io/shop/*/cache"], mode: skip', 'mode: skip'],
  ])('is told: %s', async (rule, judged) => {
    expect(await problems(`${all}  - { ${rule} }\n`)).toEqual([expect.stringContaining(doubt(judged))]);
  });

  it('is told for what the other leaves: only some tags, only one of the mirrors', async () => {
    const other = '  - { name: other, images: ["*"], mode: warn, require: r }\n';
    expect(await problems(`${trusting('"x.io/shop/**:v*", "m.io/shop/**"')}${other}`)).toEqual([
      expect.stringContaining(doubt('tag: any')),
    ]);
    expect(await problems(`${trusting('"x.io/shop/**"')}${other}`)).toEqual([
      expect.stringContaining(doubt('tag: any')),
    ]);
  });

  it.each([
    ['says less', 'images: ["*"], require: r'],
    ['says less of the path', 'images: ["x.io/*/api"], mode: skip'],
    ['is for other images', 'images: ["x.io/other/**"], require: r'],
    ['lets nothing through', 'images: [x.io/shop/closed], require: never'],
  ])('is not told where it %s', async (_what, rule) => {
    expect(await problems(`${all}  - { ${rule} }\n`)).toEqual([]);
  });
});
