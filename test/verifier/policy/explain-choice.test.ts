import { type Digest, parseReference } from '@signet/oci';
import { type ExplainOptions, explainChoice, type Policy } from '@signet/verifier';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { image, otherImage } from '../evidence-data.ts';
import { catalogueOf } from './catalogue-data.ts';
import { policyOf, ruleFor } from './policy-data.ts';

const policy = policyOf([
  ruleFor('prod', ['r.example/prod/**'], { place: { file: 'p.yaml', line: 4, column: 5 } }),
  ruleFor('web', ['r.example/prod/web']),
  ruleFor('stars', ['r.example/*/w*b']),
  ruleFor('glob', ['*.example/prod/web']),
  ruleFor('dev', ['r.example/prod/web:dev-*'], { mode: 'warn' }),
  ruleFor('pinned', [`r.example/pinned@${image}`]),
  ruleFor('hub', ['nginx']),
]);
const explain = (text: string, options: ExplainOptions = {}, by: Policy = policy) =>
  explainChoice(by, parseReference(text), options);
const decider = (text: string, options?: ExplainOptions) =>
  explain(text, options).candidates.find(({ decides }) => decides)?.rule;

describe('the rule that decides', () => {
  it('is the most telling, and each other says why not', () => {
    const { candidates, outcome, rule } = explain('r.example/prod/web:1.0');
    expect(outcome).toBe('rule');
    expect(rule).toMatchObject({ name: 'web', mode: 'enforce', require: 'release' });
    expect(candidates.map((each) => [each.rule, each.fit, each.decides, each.why])).toEqual([
      ['dev', 'no', false, 'its tag dev-* does not fit'],
      ['web', 'yes', true, 'of the patterns that fit it says most'],
      ['prod', 'yes', false, 'fewer of its leading parts are literal'],
      ['stars', 'yes', false, 'fewer of its leading parts are literal'],
      ['glob', 'yes', false, 'its host is less literal'],
    ]);
    expect(candidates[2]).toMatchObject({
      place: { line: 4 },
      specificity: { host: 'r.example'.length, literalLeadingParts: 1 },
    });
  });

  it('may be the only one', () => {
    expect(explain('nginx').candidates).toMatchObject([{ rule: 'hub', decides: true, why: 'no other pattern fits' }]);
  });

  it('is found whatever the spelling of the image', () => {
    expect(explain('R.EXAMPLE:443/prod/x')).toMatchObject({
      folded: 'r.example/prod/x:latest',
      rule: { name: 'prod' },
    });
    expect(explain('nginx')).toMatchObject({ folded: 'docker.io/library/nginx:latest', rule: { name: 'hub' } });
  });

  it('is none where no pattern fits: the default decides', () => {
    expect(explain('other.example/x')).toMatchObject({ outcome: 'default', default: 'deny', candidates: [] });
    expect(explain('oci:folder:1')).not.toHaveProperty('folded');
    expect(explain('oci:folder:1', { signedReference: 'r.example/prod/x:1' })).toMatchObject({ outcome: 'rule' });
  });
});

describe('under tag: trusted', () => {
  const catalogue = catalogueOf({ mirrors: [{ name: 'm.example/shop', isTree: true }] });
  const trusting = policyOf([ruleFor('shop', ['*'], { tag: 'trusted', catalogue })]);

  it('it is said whose tags are asked for, and where', () => {
    expect(explain('m.example/shop/api:1', {}, trusting)).toMatchObject({
      rule: { tag: 'trusted', catalogue: 'shop' },
      catalogued: { collection: 'registry.example/shop/api', location: 'm.example/shop/api' },
    });
  });

  it('it is not where the catalogue is not for the image', () => {
    expect(explain('m.example/else:1', {}, trusting)).not.toHaveProperty('catalogued');
    expect(explain('nginx')).not.toHaveProperty('catalogued');
  });
});

describe('a reference with a digest', () => {
  const pinned = `r.example/prod/web:dev-x@${image}`;
  it('does not reach a rule by its tag before the registry was asked', () => {
    const { outcome, candidates } = explain(pinned);
    expect(outcome).toBe('undecided');
    expect(candidates[0]).toMatchObject({
      rule: 'dev',
      fit: 'ask',
      decides: false,
      why: expect.stringContaining('--resolve'),
    });
    expect(candidates[1]?.why).toMatch(/, if that one fits$/);
  });

  it.each<[Digest | null, string, string]>([
    [image, 'dev', 'of the patterns that fit it says most'],
    [
      otherImage,
      'web',
      'the tag does not name this digest now: a tag that whoever deploys can choose must not choose the rule',
    ],
    [null, 'web', 'the tag names nothing now'],
  ])('goes by what the tag names now (%s)', (tagNames, rule, why) => {
    expect(decider(pinned, { tagNames })).toBe(rule);
    expect(explain(pinned, { tagNames }).candidates[0]).toMatchObject({ rule: 'dev', why });
    expect(explain(pinned, { tagNames }).tagNames).toBe(tagNames);
  });

  it('is for no tag where it has none', () => {
    expect(explain(`r.example/prod/web@${image}`).candidates[0]?.why).toBe('it is for tags dev-*, and no tag is asked');
    expect(explain(`r.example/pinned@${otherImage}`).candidates[0]?.why).toMatch(
      /^its digest sha256:\S+ does not fit$/,
    );
  });
});

describe('renames and refusals', () => {
  const renames = [{ from: 'm.example/hub', to: 'docker.io' }];
  const refuse = { digests: new Set([image]), keyIds: new Set<string>(), keys: [] };
  const by = policyOf([ruleFor('m', ['m.example/**'])], { renames, refuse });

  it('are told', () => {
    expect(explain('m.example/hub/library/nginx:1', {}, by)).toMatchObject({
      rename: renames[0],
      signedName: 'docker.io/library/nginx:1',
      refused: false,
      rule: { name: 'm' },
    });
    expect(explain('m.example/hub/x', { signedReference: 'a.example/b:1' }, by)).not.toHaveProperty('rename');
  });

  it('a refused digest is, also where only the tag names it', () => {
    expect(explain(`m.example/x@${image}`, {}, by).refused).toBe(true);
    expect(explain('m.example/x:1', { tagNames: image }, by).refused).toBe(true);
    expect(explain('m.example/x:1', { tagNames: otherImage }, by).refused).toBe(false);
  });
});

describe('the explanation and the choice', () => {
  it('agree, whatever is asked', () => {
    const part = fc.constantFrom('prod', 'web', 'wab', 'x', 'pinned');
    const tag = fc.constantFrom('', ':dev-1', ':1');
    const digest = fc.constantFrom('', `@${image}`, `@${otherImage}`);
    const names = fc.constantFrom(undefined, null, image, otherImage);
    const host = fc.constantFrom('r.example', 's.example');
    const text = fc.tuple(host, part, part, tag, digest).map(([h, a, b, t, d]) => `${h}/${a}/${b}${t}${d}`);
    fc.assert(fc.property(text, names, agree));
  });

  function agree(text: string, tagNames: Digest | null | undefined): void {
    const reference = parseReference(text);
    if (reference.kind !== 'registry') return;
    const { tag, digest } = reference;
    const asked = { ...reference, ...((tag ?? digest) ? {} : { tag: 'latest' }) };
    const choice = policy.rules.choose(tagNames === undefined ? asked : { ...asked, tagNames });
    const told = explain(text, tagNames === undefined ? {} : { tagNames });
    const chosen = choice.kind === 'chosen' ? choice.by.target.name : undefined;
    expect(told.outcome).toBe({ chosen: 'rule', 'ask-tag': 'undecided', none: 'default' }[choice.kind]);
    expect(told.rule?.name).toBe(chosen);
    expect(told.candidates.filter(({ decides }) => decides)).toHaveLength(chosen === undefined ? 0 : 1);
  }
});
