import type { Digest } from '@signet/oci';
import { type Decision, isAccepted, type ReportCode, type SourceAnswer, type Verdict } from '../decide.ts';
import type { Asked, Evidence, Gap, Skipped } from '../evidence.ts';
import type { Finding } from '../finding.ts';
import type { Mode, Rule } from '../policy/rule.ts';
import { remedyOf, summaryOf } from './explain.ts';

/** What is known of the tag of a verified image. `bound`: the signed reference names the asked tag; `digest-only`: nothing was said of it. */
export type TagAnswer = 'bound' | 'repository-only' | 'digest-only';

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
  /** The child of the index that was asked: `os/arch[/variant]`. */
  readonly platform?: string;
  readonly rule?: string;
  readonly mode?: Mode;
  /** Only of a verified image. */
  readonly tag?: TagAnswer;
  readonly sources: readonly SourceAnswer[];
  /** All that prove something, and the first of the others; `findingsTotal` counts all. */
  readonly findings: readonly Finding[];
  readonly findingsTotal: number;
  readonly gaps: readonly Gap[];
  /** The first ones; `skippedTotal` counts all. */
  readonly skipped: readonly Skipped[];
  readonly skippedTotal: number;
  /** When it was verified, milliseconds since 1970 UTC, as the caller said. */
  readonly atMs: number;
  /** One sentence: what is wrong. */
  readonly summary: string;
  /** What to do next, where something can be done. */
  readonly remedy?: string;
}

/** What a report is made of. */
export interface ReportParts {
  readonly rule: Rule | undefined;
  readonly evidence: Evidence;
  readonly decision: Decision;
  /** Default: as many as the decision has. */
  readonly findingsTotal?: number;
  /** Milliseconds since 1970 UTC. */
  readonly atMs: number;
}

/** The report of a decision. Total. */
export function toReport({ rule, evidence, decision, atMs, ...rest }: ReportParts): Report {
  const { asked, subject, gaps, skipped, skippedTotal } = evidence;
  const remedy = remedyOf(rule, evidence, decision);
  return {
    reference: asked.reference,
    verdict: decision.verdict,
    code: decision.code,
    allowed: isAllowed(rule, decision.verdict),
    ...(subject === undefined || isUnknown(decision) ? {} : { digest: subject.digest }),
    ...(subject?.descriptor === undefined ? {} : { mediaType: subject.descriptor.mediaType }),
    ...(asked.platform === undefined ? {} : { platform: asked.platform }),
    ...(rule === undefined ? {} : { rule: rule.name, mode: rule.mode }),
    ...(decision.verdict === 'verified' ? { tag: tagAnswer(decision.findings) } : {}),
    sources: decision.sources,
    findings: decision.findings,
    findingsTotal: rest.findingsTotal ?? decision.findings.length,
    gaps,
    skipped,
    skippedTotal,
    atMs,
    summary: summaryOf(rule, evidence, decision),
    ...(remedy === undefined ? {} : { remedy }),
  };
}

/** The report of an image that a rule of mode `skip` exempts: nothing was read. Rule: design.md 6. */
export function notCheckedReport(rule: Rule, asked: Asked, atMs: number): Report {
  return {
    reference: asked.reference,
    verdict: 'undecided',
    code: 'NOT_CHECKED',
    allowed: true,
    ...(asked.digest === undefined ? {} : { digest: asked.digest }),
    rule: rule.name,
    mode: rule.mode,
    sources: [],
    findings: [],
    findingsTotal: 0,
    gaps: [],
    skipped: [],
    skippedTotal: 0,
    atMs,
    summary: `rule "${rule.name}" exempts this image: no signature was looked at`,
  };
}

/** enforce: as the verdict says; warn and audit let everything pass and keep the verdict. No rule: not allowed. Rule: design.md 6. */
export function isAllowed(rule: Rule | undefined, verdict: Verdict): boolean {
  return verdict === 'verified' || (rule !== undefined && rule.mode !== 'enforce');
}

function isUnknown(decision: Decision): boolean {
  return decision.code === 'UNRESOLVED';
}

function tagAnswer(findings: readonly Finding[]): TagAnswer {
  const tags = findings
    .filter(isAccepted)
    .flatMap(({ checks }) => checks)
    .filter(({ name, result }) => name === 'tag' && result === 'pass');
  if (tags.some(({ code }) => code === 'OK')) return 'bound';
  return tags.length > 0 ? 'repository-only' : 'digest-only';
}
