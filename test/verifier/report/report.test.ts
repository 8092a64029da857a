import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  decide,
  type Evidence,
  type Finding,
  type Report,
  renderReport,
  type TagFacts,
  toJsonText,
  toReport,
  toReportJson,
} from '@signet/verifier';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { by, evidenceOf, failure, image, keyOf, otherImage, proof, rule, source } from '../evidence-data.ts';

const any = rule({ kind: 'any', of: [source('alice')] });
const hostile = '\u001b[2J\u202e\nverified';
const report = (evidence: Evidence, findings: readonly Finding[], ruled = any): Report =>
  toReport({ ruling: by(ruled), evidence, decision: decide(by(ruled), evidence, findings) });
const signed = report(evidenceOf(), [
  failure('SIGNATURE_INVALID'),
  proof('alice', { signedReference: 'r.example/app:1', claimedAtMs: 5, annotations: { a: 'b' } }),
]);
const everything = report(
  evidenceOf({
    asked: { reference: 'r.example/app:1', tag: '1', platform: 'linux/amd64' },
    gaps: [{ what: 'blob', code: 'TIMEOUT', message: hostile, digest: image }],
    skipped: [
      { origin: image, code: 'OTHER_TYPE', message: hostile },
      { origin: image, code: 'SUBJECT_MISMATCH', message: hostile },
    ],
    skippedTotal: 7,
  }),
  [{ ...failure('KEY_NOT_TRUSTED', 'authenticity', hostile), claims: { hint: hostile } }],
);
const identities: readonly Finding[] = [
  { kind: 'x509', anchor: 'CN=root', subject: hostile } as const,
  { kind: 'keyless', issuer: 'https://issuer.example', subject: 'someone' } as const,
].map((identity) => proof('alice', { identity }));
/** By a signed catalogue of which all this is known. */
function catalogued(facts: TagFacts, verdict: 'verified' | 'denied'): Report {
  const code = verdict === 'verified' ? 'VERIFIED' : 'CATALOGUE_MISSING';
  const decision = { verdict, code, allowed: false, sources: [], findings: [] } as const;
  return toReport({ ruling: by(any), evidence: evidenceOf(), decision, catalogued: { facts } });
}
const all = [
  signed,
  everything,
  report(evidenceOf(), []),
  report(evidenceOf(), identities),
  { ...signed, mode: 'skip' as const },
  catalogued({ collection: 'r.example/app', catalogue: 'shop' }, 'denied'),
  catalogued(
    {
      collection: 'r.example/app',
      catalogue: 'shop',
      source: 'cache',
      issuedMs: 1,
      expiresMs: 2,
      atMs: 3,
      cold: true,
      staleSource: true,
      expired: 'grace',
      drift: otherImage,
      stateSaved: false,
      superseded: true,
      freshness: 'bundle',
    },
    'verified',
  ),
];

describe('report.schema.json', () => {
  const schema = JSON.parse(
    readFileSync(fileURLToPath(import.meta.resolve('@signet/verifier/report.schema.json')), 'utf8'),
  );
  const validate = new Ajv2020({ strict: true, allErrors: true }).compile(schema);

  it('holds for every report, printed and read again', () => {
    for (const each of all) {
      expect(validate(JSON.parse(toJsonText(toReportJson(each)))), JSON.stringify(validate.errors)).toBe(true);
    }
  });

  it('refuses what is no report', () => {
    const good = toReportJson(signed);
    for (const bad of [
      { ...good, verdict: 'maybe' },
      { ...good, extra: 1 },
      { ...good, digest: 'sha256:x' },
      { ...good, version: 2 },
      { ...good, allowed: 'yes' },
    ]) {
      expect(validate(bad)).toBe(false);
    }
    const { summary: _, ...without } = good;
    expect(validate(without)).toBe(false);
  });

  it('can be replayed: the verdict follows from the findings alone', () => {
    const read = JSON.parse(JSON.stringify(toReportJson(signed))) as { findings: Finding[] };
    expect(decide(by(any), evidenceOf(), read.findings).verdict).toBe('verified');
  });
});

describe('renderReport', () => {
  it('says who signed', () => {
    const text = renderReport(signed);
    const first = `verified   r.example/app:1@${image}`;
    expect(text.split('\n')[0]).toBe(first);
    expect(text).toContain(`signed    by key ${keyOf('alice').id.slice(0, 12)} (test, sha256:`);
    expect(text).toContain('the signature names this tag');
    expect(text).not.toContain('SIGNATURE_INVALID');
  });

  it('names one digest: that of the image for a platform, not of the index that was asked', () => {
    const asked = { reference: `r.example/app:1@${otherImage}`, platform: 'linux/amd64' };
    const lines = renderReport(report(evidenceOf({ asked }), [proof('alice')])).split('\n');
    expect(lines[0]).toBe(`verified   r.example/app:1@${image}`);
  });

  it('says why not, and what to do', () => {
    const text = renderReport(report(evidenceOf(), [failure('KEY_NOT_TRUSTED')]));
    expect(text).toMatch(
      /^denied {5}r\.example\/app:1@sha256:[0-9a-f]{64} {2}NOT_TRUSTED\n {2}why {7}signed by key 3f…; you trust key [0-9a-f]{12}\n {2}do {8}sign with/,
    );
    expect(text).toContain('rule      test (enforce): alice: no');
    expect(text).toContain('found     test sha256:');
  });

  it('shows some of many findings, all when verbose', () => {
    const many = report(
      evidenceOf(),
      Array.from({ length: 9 }, () => failure('KEY_NOT_TRUSTED')),
    );
    expect(renderReport(many).match(/ found /g)).toHaveLength(6);
    expect(renderReport(many)).toContain('and 4 more (--verbose)');
    expect(renderReport(many, { verbose: true }).match(/ found /g)).toHaveLength(9);
  });

  it('shows gaps and what was passed over', () => {
    expect(renderReport(everything)).toContain('gap       blob TIMEOUT');
    expect(renderReport(everything)).toContain('SUBJECT_MISMATCH');
    expect(renderReport(everything)).not.toContain('OTHER_TYPE');
    expect(renderReport(everything, { verbose: true })).toContain('OTHER_TYPE');
    expect(renderReport(everything, { verbose: true })).toContain('and 5 more');
  });

  it('says when a rule allows what is not verified', () => {
    expect(renderReport(report(evidenceOf(), [], { ...any, mode: 'warn' }))).toContain(
      'NO_SIGNATURE (allowed by the rule)',
    );
  });

  it('prints nothing from outside as it is', () => {
    for (const each of all) {
      const text = renderReport({ ...each, reference: hostile, summary: hostile, remedy: hostile }, { verbose: true });
      expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
      expect(text.split('\n').filter((line) => line.startsWith('verified')).length).toBeLessThanOrEqual(1);
    }
  });

  it('is coloured only when told', () => {
    expect(renderReport(signed)).not.toContain('\u001b');
    expect(renderReport(signed, { color: true })).toContain('\u001b[32mverified\u001b[0m   r.example');
  });
});
