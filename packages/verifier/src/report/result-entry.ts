import type { ReportCode, Verdict } from '../decision/verdict.ts';
import type { Place } from '../policy/place.ts';
import type { Mode } from '../policy/rule.ts';
import type { Report } from './report.ts';
import { shorten } from './shorten.ts';

/** Where an image is named: a manifest, a Compose file, a Dockerfile. */
export interface ImageUse {
  readonly place: Place;
  /** What names it there, for people: `Deployment web, container app`. */
  readonly within?: string;
}

/** What a document of many results keeps of a report. */
export interface ReportOutcome {
  readonly kind: 'report';
  readonly verdict: Verdict;
  readonly code: ReportCode;
  readonly allowed: boolean;
  readonly summary: string;
  readonly remedy?: string;
  readonly digest?: string;
  readonly rule?: string;
  /** Where the rule stands. */
  readonly rulePlace?: Place;
  readonly mode?: Mode;
}

/** There is no report: the reference is none, or its source could not be opened. */
export interface FailureOutcome {
  readonly kind: 'failure';
  /** Of docs/errors.md. */
  readonly code: string;
  readonly message: string;
}

/** One use of an image and what came of it. Small: documents that can only be written when all is done hold one for each. */
export interface ResultEntry {
  readonly reference: string;
  readonly use?: ImageUse;
  readonly outcome: ReportOutcome | FailureOutcome;
}

/** How a document of many results is written. */
export interface DocumentOptions {
  /** Of the program that writes it. */
  readonly version: string;
  /** The verdict alone counts, whatever a rule's mode allows. */
  readonly strict?: boolean;
}

/** A report as {@link ResultEntry}s keep it. */
export function toOutcome(report: Report): ReportOutcome {
  const { verdict, code, allowed, summary, remedy, digest, rule, ruleAt, mode } = report;
  return {
    kind: 'report',
    verdict,
    code,
    allowed,
    summary: shorten(summary),
    ...(remedy === undefined ? {} : { remedy }),
    ...(digest === undefined ? {} : { digest }),
    ...(rule === undefined ? {} : { rule }),
    ...(ruleAt === undefined ? {} : { rulePlace: ruleAt }),
    ...(mode === undefined ? {} : { mode }),
  };
}

/** Whether enforcement lets the image through. */
export function passes({ verdict, allowed }: ReportOutcome, { strict }: Pick<DocumentOptions, 'strict'>): boolean {
  return verdict === 'verified' || (allowed && strict !== true);
}
