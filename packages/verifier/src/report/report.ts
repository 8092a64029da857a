import type { Digest } from '@signet/oci';
import type { SourceAnswer } from '../decision/answers.ts';
import type { Decision } from '../decision/decide.ts';
import type { ReportCode, Verdict } from '../decision/verdict.ts';
import type { Evidence, Gap, Skipped } from '../evidence.ts';
import { type Finding, isAccepted } from '../finding.ts';
import type { Place } from '../policy/place.ts';
import type { Mode } from '../policy/rule.ts';
import type { Ruling } from '../policy/ruling.ts';
import type { TagFacts } from '../trusted/trusted-tags.ts';
import { summaryOf } from './explain.ts';
import { remedyOf } from './remedy.ts';

/**
 * What is known of the tag of a verified image. `trusted`: a signed catalogue says what it is; `bound`: the signed reference names the asked
 * tag; `digest-only`: nothing was said of it.
 */
export type TagAnswer = 'trusted' | 'bound' | 'repository-only' | 'digest-only';

/** One image of an index. */
export interface PlatformAnswer {
  /** `os/arch[/variant]`, or the digest where the index says none. */
  readonly platform: string;
  readonly digest: Digest;
  readonly verdict: Verdict;
  readonly code: ReportCode;
  readonly summary: string;
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
  /** The child of the index that was asked: `os/arch[/variant]`. */
  readonly platform?: string;
  readonly rule?: string;
  readonly mode?: Mode;
  /** Where the rule stands, where it is from a file. */
  readonly ruleAt?: Place;
  /** The revision of the policy, where there is one: the same answer can be had again only by the same. */
  readonly policy?: string;
  /** Only of a verified image. */
  readonly tag?: TagAnswer;
  /** Under `tag: trusted`: what the signed catalogue is, and what is to be known of it. */
  readonly catalogue?: TagFacts;
  /** Under `platforms: each`, all images of the index; the rest of the report is that of the worst. */
  readonly platforms?: readonly PlatformAnswer[];
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
  readonly ruling: Ruling;
  readonly evidence: Evidence;
  readonly decision: Decision;
  /** Default: as many as the decision has. */
  readonly findingsTotal?: number;
  /** What a signed catalogue said. */
  readonly catalogued?: Catalogued;
}

/** What a report tells of a signed catalogue; words that are not there are found by the code. */
export interface Catalogued {
  readonly facts?: TagFacts;
  readonly message?: string;
  readonly remedy?: string;
}

/** The report of a decision. Total. */
export function toReport({ ruling, evidence, decision, catalogued, ...rest }: ReportParts): Report {
  const { rule, atMs } = ruling;
  const { asked, subject, gaps, skipped, skippedTotal } = evidence;
  const remedy = catalogued?.remedy ?? remedyOf(ruling, evidence, decision);
  return {
    reference: asked.reference,
    verdict: decision.verdict,
    code: decision.code,
    allowed: decision.allowed,
    ...(subject === undefined || isUnknown(decision) ? {} : { digest: subject.digest }),
    ...(subject?.descriptor === undefined ? {} : { mediaType: subject.descriptor.mediaType }),
    ...(asked.platform === undefined ? {} : { platform: asked.platform }),
    ...(rule === undefined ? {} : { rule: rule.name, mode: rule.mode }),
    ...(rule?.place === undefined ? {} : { ruleAt: rule.place }),
    ...(ruling.revision === undefined ? {} : { policy: ruling.revision }),
    ...(decision.verdict === 'verified'
      ? { tag: catalogued === undefined ? tagAnswer(decision.findings) : 'trusted' }
      : {}),
    ...(catalogued?.facts === undefined ? {} : { catalogue: catalogued.facts }),
    sources: decision.sources,
    findings: decision.findings,
    findingsTotal: rest.findingsTotal ?? decision.findings.length,
    gaps,
    skipped,
    skippedTotal,
    atMs,
    summary: catalogued?.message ?? summaryOf(ruling, evidence, decision),
    ...(remedy === undefined ? {} : { remedy }),
  };
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
