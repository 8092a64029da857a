import {
  decide,
  type Finding,
  type PlatformAnswer,
  type Report,
  type Rule,
  renderReport,
  type TagFacts,
  toOutcome,
  toReport,
} from '@signet/verifier';
import { describe, expect, it } from 'vitest';
import { by, evidenceOf, failure, image, keyOf, otherImage, proof, rule, source } from '../evidence-data.ts';

const place = { file: 'policy.yaml', line: 12, column: 5 };
const prod = rule({ kind: 'any', of: [source('alice')] }, { name: 'prod', images: ['r.example/**'], place });
const made = (findings: readonly Finding[], ruled: Rule = prod): Report => {
  const ruling = { ...by(ruled), revision: 'a'.repeat(64) };
  const evidence = evidenceOf();
  return toReport({ ruling, evidence, decision: decide(ruling, evidence, findings) });
};
const lines = (report: Report, verbose = false) => renderReport(report, { verbose }).split('\n');

describe('the rule of a policy', () => {
  it('is named with its place, whatever the verdict', () => {
    expect(lines(made([]))).toContain('  rule      prod (enforce, policy.yaml:12:5): alice: no');
    expect(lines(made([proof('alice')]))).toContain('  rule      prod (enforce, policy.yaml:12:5): alice: yes');
  });

  it('is named in the nearest miss, with the key that signed', () => {
    const signer = `signed by key ${keyOf('bob').id.slice(0, 12)}`;
    expect(lines(made([failure('KEY_NOT_TRUSTED', 'authenticity', signer)]))).toContain(
      `  why       ${signer}, which rule "prod" does not trust`,
    );
  });

  it('has its revision shown when verbose', () => {
    expect(lines(made([]), true)).toContain(`  policy    ${'a'.repeat(64)}`);
    expect(lines(made([])).join('\n')).not.toContain('policy    ');
  });

  it('is not told of a command line that verified', () => {
    const { place: _, ...plain } = prod;
    expect(lines(made([proof('alice')], plain)).join('\n')).not.toContain('rule ');
  });

  it('is kept by documents of many results, with its place', () => {
    expect(toOutcome(made([]))).toMatchObject({ rule: 'prod', rulePlace: place, mode: 'enforce' });
  });
});

describe('where an image is named', () => {
  it('stands below the answer, one place a line', () => {
    const uses = [{ place: { file: 'a.yaml', line: 3, column: 9 }, within: 'Pod a' }, { place }];
    expect(renderReport(made([]), { uses }).split('\n').slice(1, 3)).toEqual([
      '  at        a.yaml:3:9 (Pod a)',
      '            policy.yaml:12:5',
    ]);
  });
});

describe('a signed catalogue', () => {
  const facts: TagFacts = {
    collection: 'r.example/app',
    catalogue: 'shop',
    source: 'registry',
    issuedMs: Date.UTC(2026, 10, 23, 9),
    expiresMs: Date.UTC(2026, 10, 26, 9),
    atMs: Date.UTC(2026, 10, 22),
  };
  const report = (changes: Partial<TagFacts> = {}): Report => {
    const decision = decide(by(prod), evidenceOf(), [proof('alice')]);
    return toReport({
      ruling: by(prod),
      evidence: evidenceOf(),
      decision,
      catalogued: { facts: { ...facts, ...changes } },
    });
  };

  it('is named with its times', () => {
    expect(lines(report())).toEqual(
      expect.arrayContaining([
        '  tag       a signed catalogue says what this tag is',
        '  tags      r.example/app: as of 2026-11-22T00:00:00Z, catalogue issued 2026-11-23T09:00:00Z, expires 2026-11-26T09:00:00Z',
      ]),
    );
    expect(lines(report()).join()).not.toContain('note');
  });

  it('that could not be read is named all the same', () => {
    const { collection, catalogue } = facts;
    const told = { facts: { collection, catalogue }, message: 'there is none' };
    const decision = {
      verdict: 'denied',
      code: 'CATALOGUE_MISSING',
      allowed: false,
      sources: [],
      findings: [],
    } as const;
    expect(lines(toReport({ ruling: by(prod), evidence: evidenceOf(), decision, catalogued: told }))).toEqual(
      expect.arrayContaining(['  why       there is none', '  tags      r.example/app']),
    );
  });

  it.each<[Partial<TagFacts>, string]>([
    [
      { drift: otherImage },
      `the registry's own tag names another image, ${otherImage}: what the catalogue says counts`,
    ],
    [{ source: 'cache', staleSource: true }, 'the registry shows less than was seen before: what was seen counts'],
    [{ source: 'cache' }, 'the catalogue is one that was seen before: the registry shows none'],
    [{ expired: 'grace' }, 'the catalogue has expired, and is taken for a while yet (graceAfterExpiry)'],
    [{ superseded: true }, 'the tag is another image by now; it was this one until not long ago (superseded)'],
    [{ freshness: 'bundle' }, 'the catalogue came by hand: its expiry did not count (freshness: bundle)'],
    [{ cold: true }, 'nothing was known of this tag before: an older catalogue could not have been noticed'],
    [{ stateSaved: false }, 'what was seen could not be kept'],
  ])('of which %j is to be known: that is noted', (changes, note) => {
    expect(lines(report(changes)).filter((line) => line.startsWith('  note'))).toEqual([`  note      ${note}`]);
  });
});

describe('the platforms of an index', () => {
  const platforms: readonly PlatformAnswer[] = [
    { platform: 'linux/amd64', digest: image, verdict: 'verified', code: 'VERIFIED', summary: 'signed by alice' },
    { platform: 'linux/arm64/v8', digest: otherImage, verdict: 'denied', code: 'NO_SIGNATURE', summary: 'bare' },
  ];
  const report = { ...made([]), platforms };

  it('are told where they are not verified, all when verbose, aligned', () => {
    expect(lines(report)).toContain(`  platform  linux/arm64/v8  denied     ${otherImage}  NO_SIGNATURE: bare`);
    expect(lines(report).join('\n')).not.toContain('linux/amd64');
    expect(lines(report, true)).toContain(`  platform  linux/amd64     verified   ${image}  signed by alice`);
  });
});

describe('what is allowed all the same', () => {
  it('says by what', () => {
    expect(lines(made([], { ...prod, mode: 'warn' }))[0]).toMatch(/NO_SIGNATURE \(allowed by the rule\)$/);
    const ruling = { ...by(prod), fallback: 'allow' } as const;
    const { rule: _, ...without } = ruling;
    const evidence = evidenceOf();
    const report = toReport({ ruling: without, evidence, decision: decide(without, evidence, []) });
    expect(lines(report)[0]).toMatch(/NOT_CHECKED \(allowed by default\)$/);
  });
});
