import { readFileSync } from 'node:fs';
import { decide, type Evidence, type Finding, type Rule, reasonAddress, reasons } from '@signet/verifier';
import { describe, expect, it } from 'vitest';
import { by, evidenceOf, failure, proof, rule, source } from '../evidence-data.ts';

const page = readFileSync(new URL('../../../docs/reasons.md', import.meta.url), 'utf8');

/** An entry of the page on one line. */
function entryOf(code: string): string {
  const text = page.split(`\n### ${code}\n`)[1]?.split(/^##/m)[0] ?? '';
  return text.replaceAll(/\s+/g, ' ').trim();
}

describe('the reasons of an answer', () => {
  it.each(Object.entries(reasons))('%s has the words of docs/reasons.md, and its verdict', (code, reason) => {
    const entry = entryOf(code);
    expect(entry).toContain(reason.meaning);
    expect(entry).toContain(`What to do: ${reason.remedy}`);
    expect(entry).toMatch(new RegExp(`Leads to: ${reason.verdict}\\b`));
    expect(reason.title).toMatch(/^[A-Z].*\.$/);
  });

  it('have an address that is an anchor of the page', () => {
    expect(new URL(reasonAddress('NO_SIGNATURE')).hash).toBe('#no_signature');
  });

  const any = rule({ kind: 'any', of: [source('alice')] });
  const gaps: Partial<Evidence> = { gaps: [{ what: 'blob', code: 'TIMEOUT', message: 'slow' }] };
  it.each<[Rule | undefined, Partial<Evidence>, readonly Finding[]]>([
    [any, {}, [proof('alice')]],
    [any, {}, []],
    [any, {}, [failure('KEY_NOT_TRUSTED')]],
    [{ ...any, tag: 'bound' }, {}, [proof('alice')]],
    [{ ...any, annotations: { a: 'b' } }, {}, [proof('alice')]],
    [any, gaps, []],
    [any, { gaps: [{ what: 'resolve', code: 'NOT_FOUND', message: 'gone' }] }, []],
    [undefined, {}, []],
  ])('lead to the verdict that the decision gives (%#)', (ruled, changes, findings) => {
    const { code, verdict } = decide(by(ruled), evidenceOf(changes), findings);
    expect(reasons[code].verdict).toBe(verdict);
  });
});
