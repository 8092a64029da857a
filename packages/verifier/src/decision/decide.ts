import type { Evidence } from '../evidence.ts';
import { type Finding, isAccepted, isPossible, signerId } from '../finding.ts';
import { meets } from '../policy/requirement.ts';
import type { Rule } from '../policy/rule.ts';
import { isExempt, type Ruling } from '../policy/ruling.ts';
import { answersOf, provenBy, type SourceAnswer } from './answers.ts';
import { checkByRule } from './checks/by-rule.ts';
import { nearestMiss } from './nearest-miss.ts';
import { type Refusal, refusalOf } from './refusal.ts';
import type { ReportCode, Verdict } from './verdict.ts';

/** The verdict with what it rests on; `findings` are those that were handed in, with the rule's own checks made. */
export interface Decision {
  readonly verdict: Verdict;
  readonly code: ReportCode;
  /** What enforcement does: the verdict after the rule's mode. */
  readonly allowed: boolean;
  readonly sources: readonly SourceAnswer[];
  readonly findings: readonly Finding[];
}

/**
 * The trust decision. Pure, synchronous, total: same arguments, same answer; it never throws, and what is not proven is not verified.
 * A refusal wins over all else. Else more evidence never takes a yes away; a gap turns a no into undecided, never into a yes.
 * The truth table: docs/decision.md. Rule: design.md 1.3, 6, 7.
 */
export function decide(ruling: Ruling, evidence: Evidence, found: readonly Finding[]): Decision {
  const findings = found.map((finding) => checkByRule(finding, ruling, evidence));
  const refusal = refusalOf(ruling.refuse, evidence, findings);
  const [verdict, code] = answer({ ruling, evidence, findings, refusal });
  const sources = answersOf(ruling.rule, evidence, findings);
  return { verdict, code, allowed: isAllowed(ruling, verdict, refusal), sources, findings };
}

interface Case {
  readonly ruling: Ruling;
  readonly evidence: Evidence;
  readonly findings: readonly Finding[];
  readonly refusal: Refusal;
}

/** The first line that holds. */
function answer({ ruling, evidence, findings, refusal }: Case): readonly [Verdict, ReportCode] {
  const { rule } = ruling;
  if (refusal === 'digest') return ['denied', 'REFUSED_DIGEST'];
  if (refusal === 'key') return ['denied', 'REFUSED_KEY'];
  if (rule === undefined && ruling.fallback === 'deny') return ['denied', 'NO_RULE'];
  if (refusal === 'none' && (rule === undefined || isExempt(ruling))) return ['undecided', 'NOT_CHECKED'];
  if (refusal === 'none' && rule !== undefined && isMet(rule, evidence, findings.filter(isAccepted)))
    return ['verified', 'VERIFIED'];
  if (isUnresolved(evidence)) return ['undecided', 'UNRESOLVED'];
  if (!evidence.complete || evidence.gaps.length > 0) return ['undecided', 'INCOMPLETE'];
  if (rule === undefined || refusal === 'unknown') return ['undecided', 'INCOMPLETE'];
  if (isMet(rule, evidence, findings.filter(isPossible))) return ['undecided', 'INCOMPLETE'];
  return ['denied', nearestMiss(findings, (some) => isMet(rule, evidence, some))];
}

/**
 * enforce: as the verdict says. warn, audit, skip and `default: allow` let pass, but nothing that is refused, nor what a refusal could
 * not be ruled out for. Rule: design.md 6.
 */
export function isAllowed({ rule, fallback }: Ruling, verdict: Verdict, refusal: Refusal): boolean {
  if (refusal !== 'none') return false;
  return verdict === 'verified' || (rule === undefined ? fallback === 'allow' : rule.mode !== 'enforce');
}

/** Who signed and in which format, where the signature meets the rule too: what alone can turn an answer into yes. */
export function acceptedSigner(finding: Finding, ruling: Ruling, evidence: Evidence): string | undefined {
  const judged = checkByRule(finding, ruling, evidence);
  return judged.proven !== undefined && isAccepted(judged)
    ? `${finding.format} ${signerId(judged.proven.identity)}`
    : undefined;
}

function isMet(rule: Rule, evidence: Evidence, findings: readonly Finding[]): boolean {
  return meets(
    rule.require,
    (source) => new Set(provenBy(source, evidence, findings).map(({ identity }) => signerId(identity))),
  );
}

/** No digest, or (by digest) the registry does not have the image or does not say. */
function isUnresolved(evidence: Evidence): boolean {
  return evidence.complete && (evidence.subject === undefined || evidence.gaps.some(({ what }) => what === 'resolve'));
}
