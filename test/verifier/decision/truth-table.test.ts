import { readFileSync } from 'node:fs';
import {
  type Condition,
  decide,
  type Evidence,
  type Finding,
  noRefusals,
  type Refusals,
  type Rule,
  type Ruling,
} from '@signet/verifier';
import { describe, expect, it } from 'vitest';
import { readMarkdown } from '../../support/markdown.ts';
import { atMs, by, evidenceOf, failure, image, keyOf, otherImage, proof, rule, source } from '../evidence-data.ts';

const { tables } = readMarkdown(readFileSync(new URL('../../../docs/decision.md', import.meta.url), 'utf8'));
const columns = ['refused', 'rule', 'evidence', 'signatures'] as const;
type Column = (typeof columns)[number];
type Words = Readonly<Record<Column, string>>;
type Row = Words & { readonly verdict: string; readonly code: string; readonly allowed: string };

function rowsUnder(heading: string): readonly (readonly string[])[] {
  return tables.find((table) => table.heading === heading)?.rows ?? [];
}

const rows: readonly Row[] = rowsUnder('The table').map(
  ([refused = '', ruled = '', evidence = '', signatures = '', verdict = '', code = '', allowed = '']) => ({
    refused,
    rule: ruled,
    evidence,
    signatures,
    verdict,
    code,
    allowed,
  }),
);

const holds: Condition = { text: 'true', evaluate: () => ({ result: 'pass', message: 'it holds' }) };
const asking: Rule = {
  ...rule(source('alice')),
  tag: 'bound',
  annotations: { env: 'prod' },
  maxAgeMs: 1_000,
  condition: {
    text: 'signature.format == "test"',
    evaluate: ({ signature }) => ({
      result: signature.reference.endsWith(':1') ? 'pass' : 'fail',
      message: 'a condition',
    }),
  },
};
const good = { signedReference: 'r.example/app:1', annotations: { env: 'prod' }, verifiedAtMs: atMs } as const;
const open = { name: 'revocation', result: 'unknown', code: 'NOT_ASKED', message: 'no answer', rule: 'test' } as const;

/** Signatures by the word of the table, and the rule that asks for what they lack alone. */
const signatures: Readonly<Record<string, { readonly findings: readonly Finding[]; readonly asks?: Rule }>> = {
  enough: { findings: [failure('KEY_NOT_TRUSTED'), proof('alice', good)] },
  possible: { findings: [failure('KEY_NOT_TRUSTED'), proof('alice', good, [open])] },
  tag: {
    findings: [proof('alice', { ...good, signedReference: 'r.example/app:2' })],
    asks: { ...asking, condition: holds },
  },
  annotations: { findings: [proof('alice', { ...good, annotations: {} })] },
  time: { findings: [proof('alice', { ...good, verifiedAtMs: atMs - 1_001 })] },
  condition: {
    findings: [proof('alice', { ...good, signedReference: 'r.example/app:2' })],
    asks: { ...asking, tag: 'any' },
  },
  others: { findings: [failure('NOT_A_SIGNATURE'), failure('KEY_NOT_TRUSTED'), proof('bob', good)] },
  none: { findings: [failure('NOT_A_SIGNATURE')] },
};

const gap = { what: 'blob', code: 'TIMEOUT', message: 'slow' } as const;
const evidences: Readonly<Record<string, Partial<Evidence>>> = {
  complete: {},
  gap: { gaps: [gap] },
  unresolved: { gaps: [{ ...gap, what: 'resolve' }] },
  partial: { complete: false },
};

/** What is refused, and what is known of the image then. */
const refusals: Readonly<Record<string, { readonly refuse: Refusals; readonly children?: readonly (typeof image)[] }>> =
  {
    no: { refuse: { ...noRefusals, digests: new Set([otherImage]) }, children: [] },
    digest: { refuse: { ...noRefusals, digests: new Set([otherImage]) }, children: [otherImage] },
    key: { refuse: { ...noRefusals, keyIds: new Set([keyOf('mallory').id]) } },
    unknown: { refuse: { ...noRefusals, digests: new Set([otherImage]) } },
  };

const modes: Readonly<Record<string, readonly (Partial<Rule> | 'deny' | 'allow')[]>> = {
  'none, deny': ['deny'],
  'none, allow': ['allow'],
  skip: [{ mode: 'skip' }],
  asks: [{ mode: 'enforce' }, { mode: 'warn' }, { mode: 'audit' }],
};

function every(): readonly Words[] {
  const of = (table: object): readonly string[] => Object.keys(table);
  return of(refusals).flatMap((refused) =>
    of(modes).flatMap((ruled) =>
      of(evidences).flatMap((evidence) =>
        of(signatures).map((signed) => ({ refused, rule: ruled, evidence, signatures: signed })),
      ),
    ),
  );
}

function rowFor(words: Words): Row {
  const row = rows.find((each) => columns.every((column) => each[column] === '*' || each[column] === words[column]));
  return row ?? expect.fail(`no row for ${JSON.stringify(words)}`);
}

function decided(words: Words, mode: Partial<Rule> | 'deny' | 'allow') {
  const { findings = [], asks = asking } = signatures[words.signatures] ?? {};
  const { refuse = noRefusals, children } = refusals[words.refused] ?? {};
  const changes: Partial<Ruling> = { refuse, ...(typeof mode === 'string' ? { fallback: mode } : {}) };
  const ruling = by(typeof mode === 'string' ? undefined : { ...asks, ...mode }, changes);
  const subject = { digest: image, ...(children === undefined ? {} : { children }) };
  const all = words.refused === 'key' ? [...findings, proof('mallory')] : findings;
  return decide(ruling, evidenceOf({ subject, ...evidences[words.evidence] }), all);
}

function isAllowed({ allowed }: Row, words: Words, mode: Partial<Rule> | 'deny' | 'allow'): boolean {
  if (allowed !== 'mode') return allowed === 'yes';
  if (words.refused === 'unknown') return false;
  return mode === 'allow' || (typeof mode === 'object' && mode.mode !== 'enforce');
}

describe('the truth table of docs/decision.md', () => {
  it.each(every())('refused $refused, rule $rule, evidence $evidence, signatures $signatures', (words) => {
    const row = rowFor(words);
    for (const mode of modes[words.rule] ?? []) {
      const { verdict, code, allowed } = decided(words, mode);
      expect({ verdict, code, allowed }).toEqual({
        verdict: row.verdict,
        code: row.code,
        allowed: isAllowed(row, words, mode),
      });
    }
  });

  it('has no row that is never reached', () => {
    const reached = new Set(every().map(rowFor));
    expect(rows.filter((row) => !reached.has(row))).toEqual([]);
    expect(rows.length).toBeGreaterThan(10);
  });

  it('explains every word that it uses', () => {
    const explained = new Set(
      rowsUnder('What the words of the table mean').flatMap(([, word = '']) => [word, ...word.split(', ')]),
    );
    for (const row of rows) for (const column of columns) expect([...explained, '*']).toContain(row[column]);
  });
});
