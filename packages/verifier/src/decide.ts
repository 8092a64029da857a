import type { Asked, Evidence } from './evidence.ts';
import { type CheckName, type Finding, signerId } from './finding.ts';
import { meets } from './policy/requirement.ts';
import { type Rule, sourcesOf } from './policy/rule.ts';
import { type TrustSource, trusts } from './policy/source.ts';
import { withConditions } from './rule-checks.ts';

/** The answer. *denied*: the evidence was read and does not satisfy the policy. *undecided*: it could not be read. Rule: design.md 1.3. */
export type Verdict = 'verified' | 'denied' | 'undecided';

/** Why, in one stable word. */
export type ReportCode =
  | 'VERIFIED'
  | 'NO_SIGNATURE'
  | 'NOT_TRUSTED'
  | 'TAG_MISMATCH'
  | 'ANNOTATION_MISMATCH'
  | 'INCOMPLETE'
  | 'UNRESOLVED'
  | 'NO_RULE'
  | 'NOT_CHECKED';

/** What one source of trust answers. */
export interface SourceAnswer {
  readonly source: string;
  readonly answer: 'yes' | 'no' | 'unknown';
  readonly reason: string;
}

/** The verdict with what it rests on; `findings` are those that were handed in, with the rule's own conditions looked at. */
export interface Decision {
  readonly verdict: Verdict;
  readonly code: ReportCode;
  readonly sources: readonly SourceAnswer[];
  readonly findings: readonly Finding[];
}

/**
 * The trust decision. Pure, synchronous, total: same arguments, same answer; it never throws, and what is not proven is not verified.
 * More evidence never takes a yes away; a gap turns a no into undecided, never into a yes. Rule: design.md 1.3, 6, 7.
 */
export function decide(rule: Rule | undefined, evidence: Evidence, found: readonly Finding[]): Decision {
  if (rule === undefined) return { verdict: 'denied', code: 'NO_RULE', sources: [], findings: found };
  const findings = found.map((finding) => withConditions(finding, rule, evidence.asked));
  const sources = sourcesOf(rule.require).map((source) => answerOf(source, evidence, findings));
  const base = { sources, findings };
  if (isMet(rule, evidence, findings.filter(isAccepted))) return { ...base, verdict: 'verified', code: 'VERIFIED' };
  if (isUnresolved(evidence)) return { ...base, verdict: 'undecided', code: 'UNRESOLVED' };
  if (!evidence.complete || evidence.gaps.length > 0) return { ...base, verdict: 'undecided', code: 'INCOMPLETE' };
  if (isMet(rule, evidence, findings.filter(isPossible))) return { ...base, verdict: 'undecided', code: 'INCOMPLETE' };
  return { ...base, verdict: 'denied', code: reasonFor(rule, evidence, findings) };
}

/** Who signed, where the signature meets the rule's conditions too: what alone can turn an answer into yes. */
export function acceptedSigner(finding: Finding, rule: Rule, asked: Asked): string | undefined {
  const judged = withConditions(finding, rule, asked);
  return judged.proven !== undefined && isAccepted(judged) ? signerId(judged.proven.identity) : undefined;
}

/** Nothing that was looked at failed, and nothing that had to be looked at is open. */
export function isAccepted(finding: Finding): boolean {
  return finding.proven !== undefined && finding.checks.every(({ result }) => result === 'pass' || result === 'skip');
}

/** Nothing failed, but something could not be looked at. */
function isPossible(finding: Finding): boolean {
  return finding.proven !== undefined && finding.checks.every(({ result }) => result !== 'fail');
}

function isMet(rule: Rule, evidence: Evidence, findings: readonly Finding[]): boolean {
  return meets(
    rule.require,
    (source) => new Set(provenBy(source, evidence, findings).map(({ identity }) => signerId(identity))),
  );
}

/** What these findings prove of the asked image by a signer that the source trusts. */
function provenBy(source: TrustSource, evidence: Evidence, findings: readonly Finding[]) {
  return findings
    .flatMap(({ proven }) => (proven === undefined ? [] : [proven]))
    .filter(({ identity, subject }) => subject === evidence.subject?.digest && trusts(source, identity));
}

/** No digest, or (by digest) the registry does not have the image or does not say. */
function isUnresolved(evidence: Evidence): boolean {
  return evidence.complete && (evidence.subject === undefined || evidence.gaps.some(({ what }) => what === 'resolve'));
}

function answerOf(source: TrustSource, evidence: Evidence, findings: readonly Finding[]): SourceAnswer {
  const own = findings.filter((finding) => provenBy(source, evidence, [finding]).length > 0);
  if (own.some(isAccepted)) return { source: source.name, answer: 'yes', reason: 'signed' };
  const open = own.find(isPossible)?.checks.find(({ result }) => result === 'unknown');
  if (open !== undefined) return { source: source.name, answer: 'unknown', reason: open.message };
  const gap = evidence.gaps[0];
  if (gap !== undefined) return { source: source.name, answer: 'unknown', reason: gap.message };
  if (!evidence.complete) return { source: source.name, answer: 'unknown', reason: 'not everything was read yet' };
  const failed = own.flatMap(({ checks }) => checks).find(({ result }) => result === 'fail');
  return { source: source.name, answer: 'no', reason: failed?.message ?? 'no signature of it was found' };
}

/** The nearest miss: what alone stands between these findings and a yes. */
function reasonFor(rule: Rule, evidence: Evidence, findings: readonly Finding[]): ReportCode {
  const without = (...names: readonly CheckName[]) =>
    isMet(
      rule,
      evidence,
      findings.filter(({ checks }) => checks.every(({ name, result }) => result !== 'fail' || names.includes(name))),
    );
  if (without('tag')) return 'TAG_MISMATCH';
  if (without('annotations')) return 'ANNOTATION_MISMATCH';
  if (without('tag', 'annotations')) return 'TAG_MISMATCH';
  return findings.every(isNoSignature) ? 'NO_SIGNATURE' : 'NOT_TRUSTED';
}

/** An attestation or something else that does not sign the image. */
function isNoSignature(finding: Finding): boolean {
  return finding.checks.some(({ code }) => code === 'NOT_A_SIGNATURE');
}
