import { addSigner, removeSigner } from '@signet/verifier/policy';
import { describe, expect, it } from 'vitest';

const block = `# who may sign
version: 1
trust:
  release: # the team
    keys:
      - keys/release.pub   # of 2026
  security: { keys: [keys/security.pub], threshold: 1 }
catalogues:
  shop: { collections: "registry.example.com/shop/**", signedBy: { any: [release, security] } }
rules:
  # what goes out
  - name: production
    images: ["registry.example.com/shop/**"]
    require: release
    mode: enforce # really
  - images:
      - registry.example.com/lab/**
    require:
      atLeast: 2
      of:
        - release
        - security
default: deny
`;

function add(text: string, more: Partial<Parameters<typeof addSigner>[1]> = {}) {
  return addSigner(text, { name: 'alice', keys: ['keys/alice.pub'], rules: [], ...more });
}

/** Lines that are in one text alone. */
function changed(before: string, after: string): readonly string[] {
  const [old, now] = [before.split('\n'), after.split('\n')];
  return [
    ...old.filter((line) => !now.includes(line)).map((line) => `-${line}`),
    ...now.filter((line) => !old.includes(line)).map((line) => `+${line}`),
  ];
}

describe('a signer who comes', () => {
  it('is a source more, and rules ask for him beside those that they had; nothing else changes', () => {
    const { text, changes } = add(block, { rules: ['production', 'registry.example.com/lab/**'] });
    expect(changed(block, text)).toEqual([
      '-    require: release',
      '+  alice: { keys: [keys/alice.pub] }',
      '+    require: { any: [release, alice] }',
      '+        - alice',
    ]);
    expect(changes).toEqual([
      'source alice: new, with keys/alice.pub',
      'rule production: asks for alice, too',
      'rule registry.example.com/lab/**: asks for alice, too',
    ]);
  });

  it('may be there already: then his keys come to those that he has, each once', () => {
    const once = addSigner(block, { name: 'release', keys: ['keys/next.pub'], rules: [] });
    expect(changed(block, once.text)).toEqual(['+      - keys/next.pub']);
    expect(addSigner(once.text, { name: 'release', keys: ['keys/next.pub'], rules: ['production'] })).toEqual({
      text: once.text,
      changes: [],
    });
    const flow = addSigner(block, { name: 'security', keys: ['a b.pub'], rules: [] });
    expect(flow.text).toContain('security: { keys: [keys/security.pub, "a b.pub"], threshold: 1 }');
  });

  it('is put into JSON as into YAML', () => {
    const json = `{\n  "version": 1,\n  "trust": { "release": { "keys": ["r.pub"] } },\n  "rules": [{ "name": "p", "images": ["a.example/**"], "require": "release" }]\n}\n`;
    expect(JSON.parse(add(json, { rules: ['p'] }).text)).toEqual({
      version: 1,
      trust: { release: { keys: ['r.pub'] }, alice: { keys: ['keys/alice.pub'] } },
      rules: [{ name: 'p', images: ['a.example/**'], require: { any: ['release', 'alice'] } }],
    });
  });

  it('takes the place of nobody', () => {
    const { text } = add('version: 1\ntrust: {}\nrules:\n  - images: [a.example/**]\n    require: never\n', {
      rules: ['a.example/**'],
    });
    expect(text).toContain('trust: { alice: { keys: [keys/alice.pub] } }');
    expect(text).toContain('    require: alice\n');
    expect(add('version: 1\n').text).toBe('version: 1\ntrust: { alice: { keys: [keys/alice.pub] } }\n');
  });

  it.each<[string, string, readonly string[], string]>([
    ['a rule that is not there', block, ['vanish'], 'no rule of this file has the name or the pattern "vanish"'],
    [
      'a pattern that two rules have',
      `${block.replace('default: deny', '')}  - images: [registry.example.com/lab/**]\n`,
      ['registry.example.com/lab/**'],
      'more than one rule',
    ],
    [
      'a list that is an alias',
      'version: 1\ntrust: { a: { keys: &k [a.pub] }, alice: { keys: *k } }\n',
      [],
      'written by an alias',
    ],
    ['what is no YAML', 'version: [1\n', [], ''],
  ])('is refused with %s', (_, text, rules, why) => {
    expect(() => add(text, { rules })).toThrow(why);
  });
});

describe('a signer who goes', () => {
  it('is no source any more, and no requirement asks for him', () => {
    const with_ = add(block, { rules: ['production', 'registry.example.com/lab/**'] }).text;
    const { text, changes } = removeSigner(with_, 'alice');
    expect(changed(block, text)).toEqual(['-    require: release', '+    require: { any: [release] }']);
    expect(changes).toEqual([
      'rule production: does not ask for alice any more',
      'rule 2: does not ask for alice any more',
      'source alice: removed',
    ]);
  });

  it('or a key of his', () => {
    const two = addSigner(block, { name: 'release', keys: ['keys/next.pub'], rules: [] }).text;
    expect(changed(two, removeSigner(two, 'release', ['keys/next.pub']).text)).toEqual(['-      - keys/next.pub']);
    expect(() => removeSigner(block, 'release', ['keys/release.pub'])).toThrow('would have no key left');
    expect(() => removeSigner(block, 'release', ['keys/other.pub'])).toThrow('has no key "keys/other.pub"');
  });

  it.each([
    ['release', 'rule production asks for "release" alone'],
    ['security', 'rule 2 would have 1 branches left, which are too few'],
    ['nobody', 'there is no source of trust "nobody" in this file'],
  ])('leaves no rule with too few: %s', (name, why) => {
    expect(() => removeSigner(block, name)).toThrow(why);
  });
});
