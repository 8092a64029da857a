import { type Digest, digestOf, RegistryError, type Resolved } from '@signet/oci';
import { toAsked } from '../../collect/asked.ts';
import { decide } from '../../decision/decide.ts';
import { type Asked, type Evidence, noEvidence } from '../../evidence.ts';
import { type Report, toReport } from '../../report/report.ts';
import { chooseRule } from '../choose-rule.ts';
import type { Policy } from '../policy.ts';
import { needsEvidence, type Ruling } from '../ruling.ts';
import type { Expected, PolicyTable, TableCase } from './case.ts';
import { makeFinding } from './make-finding.ts';

/** What came of one case. */
export interface CaseResult {
  readonly case: TableCase;
  readonly report: Report;
  /** One sentence for each thing that is not as expected; none: the case passed. */
  readonly mismatches: readonly string[];
}

/** Judges every case by the policy: the decision itself over evidence that is made up, without any registry. */
export async function runTable(policy: Policy, table: PolicyTable): Promise<readonly CaseResult[]> {
  return Promise.all(
    table.cases.map(async (each) => {
      const report = await judge(policy, each, table.atMs);
      return { case: each, report, mismatches: mismatchesOf(each.expect, report) };
    }),
  );
}

async function judge(policy: Policy, each: TableCase, atMs: number): Promise<Report> {
  const asked = toAsked(each.reference, {
    renames: policy.renames,
    ...(each.platform === undefined ? {} : { platform: each.platform }),
  });
  const digest = each.digest ?? asked.digest ?? madeUp;
  const { rule } = await chooseRule(policy, asked, async () =>
    resolvedTo(each.tagNames === undefined ? digest : each.tagNames),
  );
  const { fallback, refuse, revision } = policy;
  const ruling: Ruling = { ...(rule === undefined ? {} : { rule }), fallback, refuse, revision, atMs };
  const evidence = needsEvidence(ruling) ? evidenceOf(each, asked, digest) : noEvidence(asked, { subject: { digest } });
  const findings = needsEvidence(ruling)
    ? each.signatures.map((made) => makeFinding(made, { asked, digest, ruling }))
    : [];
  return toReport({ ruling, evidence, decision: decide(ruling, evidence, findings) });
}

function evidenceOf({ children, gaps, unresolved }: TableCase, asked: Asked, digest: Digest): Evidence {
  const read = gaps.map((code) => ({ what: 'referrers', code, message: `the case says ${code}` }) as const);
  const missing = { what: 'resolve', code: 'NOT_FOUND', message: 'the case says that it is not there' } as const;
  if (unresolved) return noEvidence(asked, { gaps: [missing, ...read] });
  return noEvidence(asked, { subject: { digest, children }, gaps: read });
}

/** For images of which no case says more. */
const madeUp: Digest = digestOf(Buffer.from('the image of a table test'));

function resolvedTo(digest: Digest | null): Resolved {
  if (digest === null) throw new RegistryError('NOT_FOUND', 'the case says that the tag names nothing');
  const bytes = new Uint8Array();
  return { descriptor: { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest, size: 0 }, bytes };
}

function mismatchesOf({ verdict, allowed, code, rule }: Expected, report: Report): readonly string[] {
  const wrong: string[] = [];
  if (verdict !== undefined && verdict !== report.verdict)
    wrong.push(`expected ${verdict}, got ${report.verdict} (${report.code})`);
  if (code !== undefined && code !== report.code) wrong.push(`expected the reason ${code}, got ${report.code}`);
  if (allowed !== undefined && allowed !== report.allowed)
    wrong.push(allowed ? 'expected to be allowed, and is not' : 'expected not to be allowed, and is');
  if (rule !== undefined && rule !== (report.rule ?? null))
    wrong.push(`expected ${ruleText(rule)} to decide, ${ruleText(report.rule ?? null)} did`);
  return wrong;
}

function ruleText(rule: string | null): string {
  return rule === null ? 'no rule' : `rule ${JSON.stringify(rule)}`;
}
