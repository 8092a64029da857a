import type { Digest } from '@signet/oci';
import type { Report, ReportCode, Verdict } from '@signet/verifier';
import type { ImageAnswer } from '../judge/judge.ts';

/** Whether the answer itself can put the digest into what is deployed; where it cannot, a tag could move between answer and pull. */
export type Pinning = 'pins' | 'cannot-pin';

/** Why an image is refused or told about, in one stable word: a report's, or one of a gate's own. docs/reasons.md explains each. */
export type OutcomeCode = ReportCode | GateCode;
/** What a gate refuses by itself. */
export type GateCode =
  | 'NOT_PINNED'
  | 'IMAGE_UNREADABLE'
  | 'TOO_MANY_IMAGES'
  | 'PULL_SECRETS_UNREAD'
  | 'LOCAL_IMAGE'
  | 'ENDPOINT_CLOSED';

/** What a gate does with one image. */
export interface Outcome {
  readonly isAllowed: boolean;
  readonly verdict: Verdict;
  readonly code: OutcomeCode;
  /** One sentence: why. Texts from outside are in it. */
  readonly why: string;
  /** What to do next, where something can be done. */
  readonly remedy?: string;
  /** Set where people should see it though the image is allowed. */
  readonly isWarning: boolean;
  readonly rule?: string;
  /** What was verified, and only that. */
  readonly digest?: Digest;
  /** Verified and let through by its tag alone: what is pulled later may be another image. */
  readonly isUnpinned: boolean;
}

/** What a gate goes by of a report. */
export type ReportForGate = Pick<
  Report,
  'verdict' | 'code' | 'allowed' | 'summary' | 'remedy' | 'digest' | 'rule' | 'mode'
>;

/** What a gate makes of an answer. Rule: issue "gates", design.md 6 (modes). */
export function outcomeOf({ report, reference, rule, loginsUnread }: ImageAnswer, pinning: Pinning): Outcome {
  const outcome = outcomeOfPinned(report);
  if (loginsUnread !== undefined && report.verdict === 'undecided') return withoutLogins(outcome, loginsUnread);
  if (report.verdict !== 'verified' || pinning === 'pins') return outcome;
  if (reference.digest !== undefined) return outcome;
  if (rule?.allowUnpinned === true) return { ...outcome, isUnpinned: true };
  const { digest } = report;
  const allow = rule?.tag === 'trusted' ? '' : ', or say allowUnpinned in the rule';
  return {
    ...outcome,
    code: 'NOT_PINNED',
    why: 'it is named by a tag, which may name another image by the time it is pulled',
    remedy: `write the digest (@${digest ?? 'sha256:…'}), or let the mutating webhook (/mutate) do so${allow}`,
    isAllowed: rule?.mode !== 'enforce',
    isWarning: rule?.mode === 'warn',
    isUnpinned: rule?.mode !== 'enforce',
  };
}

/** The registry refuses, and might not have: that is another thing to mend. */
function withoutLogins(outcome: Outcome, loginsUnread: string): Outcome {
  return {
    ...outcome,
    code: 'PULL_SECRETS_UNREAD',
    why: `${loginsUnread}; without them ${outcome.why}`,
    remedy: 'give the server the right to read them (docs/admission.md, "Pull secrets"), or a login of its own',
  };
}

/** The same of an image that is named by its digest, or whose digest the answer pins. */
export function outcomeOfPinned(report: ReportForGate): Outcome {
  const { verdict, code, allowed, summary, remedy, digest, rule, mode } = report;
  const isVerified = verdict === 'verified';
  return {
    verdict,
    code,
    why: `${summary}${whyNotByMode(report)}`,
    isAllowed: allowed,
    isWarning: !isVerified && allowed && mode === 'warn',
    isUnpinned: false,
    ...(rule === undefined ? {} : { rule }),
    ...(remedy === undefined ? {} : { remedy }),
    ...(isVerified && digest !== undefined ? { digest } : {}),
  };
}

/** A rule that lets pass what is not verified does not do so where the image might be one that the policy refuses. Rule: docs/decision.md, "allowed" */
function whyNotByMode({ verdict, allowed, mode }: Pick<ReportForGate, 'verdict' | 'allowed' | 'mode'>): string {
  if (allowed || verdict !== 'undecided' || mode === undefined || mode === 'enforce') return '';
  return `; mode ${mode} does not let it through: it cannot be ruled out that the policy refuses it (refuse)`;
}

/** For what is no image reference, or cannot be looked at: refused. */
export function unreadable(why: string, code: GateCode = 'IMAGE_UNREADABLE', remedy?: string): Outcome {
  const said = { why, code, ...(remedy === undefined ? {} : { remedy }) };
  return { ...said, isAllowed: false, verdict: 'undecided', isWarning: false, isUnpinned: false };
}
