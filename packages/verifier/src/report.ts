import type { Digest } from '@signet/oci';
import type { Gap, Skipped } from './evidence.ts';
import type { Finding } from './finding.ts';

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

/** The report of one reference: what a person reads and a machine acts on. JSON form: report.schema.json. */
export interface Report {
  readonly reference: string;
  readonly verdict: Verdict;
  readonly code: ReportCode;
  /** What enforcement does: the verdict after the rule's mode. */
  readonly allowed: boolean;
  /** What to deploy: pin it, not the reference. Missing only if the reference could not be resolved. */
  readonly digest?: Digest;
  readonly mediaType?: string;
  readonly rule?: string;
  readonly mode?: 'enforce' | 'warn' | 'audit' | 'skip';
  /** `bound`: the signed reference names the asked tag; `digest-only`: nothing was said of the tag. */
  readonly tag?: 'bound' | 'repository-only' | 'digest-only';
  readonly sources: readonly SourceAnswer[];
  readonly findings: readonly Finding[];
  readonly gaps: readonly Gap[];
  readonly skipped: readonly Skipped[];
  /** One sentence: what is wrong. */
  readonly summary: string;
  /** What to do next, where something can be done. */
  readonly remedy?: string;
}
