import type { Evidence } from '../evidence.ts';
import { type Finding, isAccepted, isPossible, type Proven, signerId } from '../finding.ts';
import { type Rule, sourcesOf } from '../policy/rule.ts';
import { type TrustSource, takesFormat, thresholdOf, trusts } from '../policy/source.ts';

/** What one source of trust answers. */
export interface SourceAnswer {
  readonly source: string;
  readonly answer: 'yes' | 'no' | 'unknown';
  readonly reason: string;
}

/** What each source of the rule says to the image. */
export function answersOf(
  rule: Rule | undefined,
  evidence: Evidence,
  findings: readonly Finding[],
): readonly SourceAnswer[] {
  const sources = rule === undefined ? [] : sourcesOf(rule.require);
  return sources.map((source) => ({ source: source.name, ...answerOf(source, evidence, findings) }));
}

/** What these findings prove of the asked image by a signer that the source trusts, in a format that counts for it. */
export function provenBy(source: TrustSource, evidence: Evidence, findings: readonly Finding[]): readonly Proven[] {
  return findings
    .flatMap((finding) => (finding.proven === undefined || !takesFormat(source, finding) ? [] : [finding.proven]))
    .filter(({ identity, subject }) => subject === evidence.subject?.digest && trusts(source, identity));
}

function answerOf(source: TrustSource, evidence: Evidence, findings: readonly Finding[]): Omit<SourceAnswer, 'source'> {
  const own = findings.filter((finding) => provenBy(source, evidence, [finding]).length > 0);
  const signers = new Set(provenBy(source, evidence, own.filter(isAccepted)).map(({ identity }) => signerId(identity)));
  if (signers.size >= thresholdOf(source)) return { answer: 'yes', reason: 'signed' };
  const open = own
    .filter(isPossible)
    .flatMap(({ checks }) => checks)
    .find(({ result }) => result === 'unknown');
  if (open !== undefined) return { answer: 'unknown', reason: open.message };
  const gap = evidence.gaps[0];
  if (gap !== undefined) return { answer: 'unknown', reason: gap.message };
  if (!evidence.complete) return { answer: 'unknown', reason: 'not everything was read yet' };
  if (signers.size > 0) {
    return {
      answer: 'no',
      reason: `signed by ${signers.size} of the ${thresholdOf(source)} different signers it needs`,
    };
  }
  const failed = own.flatMap(({ checks }) => checks).find(({ result }) => result === 'fail');
  return {
    answer: 'no',
    reason: failed?.message ?? formatMiss(source, evidence, findings) ?? 'no signature of it was found',
  };
}

/** Where a signer that it trusts has signed, in a format that does not count. */
function formatMiss(source: TrustSource, evidence: Evidence, findings: readonly Finding[]): string | undefined {
  const { formats, ...inAnyFormat } = source;
  const other = findings.find((finding) => provenBy(inAnyFormat, evidence, [finding]).length > 0);
  return other === undefined
    ? undefined
    : `signed, but in the format ${other.format}: only ${formats?.join(', ')} counts`;
}
