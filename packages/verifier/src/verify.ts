import type { Reference } from '@signet/oci';
import { type AskOptions, toAsked } from './asked.ts';
import { createChecker } from './check.ts';
import { type CollectOptions, collect } from './collect.ts';
import { decide } from './decide.ts';
import type { Evidence } from './evidence.ts';
import { defaultFormats } from './formats/index.ts';
import { type VerifyLimits, verifyLimits } from './limits.ts';
import { parsePlatformName } from './platform.ts';
import { type Rule, trustOf } from './policy.ts';
import { notCheckedReport, type Report, toReport } from './report.ts';

/** How one reference is verified. */
export interface Verification extends AskOptions, Pick<CollectOptions, 'source' | 'resolve' | 'signal'> {
  /** The rule that applies, chosen before any request. */
  readonly rule: Rule;
  /** Default: all that there are. */
  readonly formats?: CollectOptions['formats'];
  readonly limits?: Partial<VerifyLimits>;
  /** Milliseconds since 1970 UTC: time is an argument. */
  readonly atMs: number;
}

/**
 * From a reference to a verdict: collect (all I/O), check what is new (pure), decide (pure), until verified or nothing more comes.
 * @throws {PolicyError} PLATFORM_INVALID, LIMIT_INVALID and {RegistryError} REFERENCE_INVALID (signedReference) before any request;
 * after that every outcome is a Report
 */
export async function verify(reference: Reference, using: Verification): Promise<Report> {
  const { rule, atMs } = using;
  const asked = toAsked(reference, using);
  const formats = using.formats ?? defaultFormats;
  const limits = verifyLimits(using.limits);
  if (using.platform !== undefined) parsePlatformName(using.platform);
  if (rule.mode === 'skip') return notCheckedReport(rule, asked, atMs);

  const checker = createChecker({ formats, trust: trustOf(rule), limits });
  let evidence: Evidence | undefined;
  for await (evidence of collect(asked, { ...using, formats, limits })) {
    for await (const findings of checker.checkNew(evidence)) {
      const decision = decide(rule, evidence, findings);
      if (decision.verdict === 'verified') return toReport(rule, evidence, decision, atMs);
    }
  }
  const all = withGap(evidence ?? nothingOf(asked), checker.gap);
  return toReport(rule, all, decide(rule, all, checker.findings), atMs);
}

function withGap(evidence: Evidence, gap: Evidence['gaps'][number] | undefined): Evidence {
  return gap === undefined ? evidence : { ...evidence, gaps: [...evidence.gaps, gap] };
}

function nothingOf(asked: Evidence['asked']): Evidence {
  return { asked, envelopes: [], gaps: [], skipped: [], skippedTotal: 0, complete: false };
}
