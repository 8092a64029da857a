import type { Reference } from '@signet/oci';
import { Checker } from './check.ts';
import { startClock } from './clock.ts';
import { type AskOptions, toAsked } from './collect/asked.ts';
import { collect } from './collect/collect.ts';
import type { CollectOptions } from './collect/collecting.ts';
import type { Habit } from './collect/habit.ts';
import { acceptedSigner, decide } from './decide.ts';
import type { Asked, Envelope, Evidence, Gap } from './evidence.ts';
import { defaultFormats } from './formats/index.ts';
import { type VerifyLimits, verifyLimits } from './limits.ts';
import { parsePlatformName } from './platform.ts';
import type { Rule } from './policy/rule.ts';
import { notCheckedReport, type Report, toReport } from './report/report.ts';
import { trustOf } from './trust.ts';

/** How one reference is verified. */
export interface Verification extends AskOptions, Pick<CollectOptions, 'source' | 'resolve' | 'signal'> {
  /** The rule that applies, chosen before any request. */
  readonly rule: Rule;
  /** Default: all that there are. */
  readonly formats?: CollectOptions['formats'];
  readonly limits?: Partial<VerifyLimits>;
  /** Shared by the verifications of one call. Default: each begins anew. */
  readonly habit?: Habit;
  /** Milliseconds since 1970 UTC: time is an argument. */
  readonly atMs: number;
}

/**
 * From a reference to a verdict: collect (all I/O), check what is new (pure), decide (pure), until verified or nothing more comes.
 * @throws {PolicyError} PLATFORM_INVALID, LIMIT_INVALID and {RegistryError} REFERENCE_INVALID (signedReference) before any request;
 * after that every outcome is a Report
 */
export async function verify(reference: Reference, using: Verification): Promise<Report> {
  const { rule, atMs, habit } = using;
  const asked = toAsked(reference, using);
  const formats = using.formats ?? defaultFormats;
  const limits = verifyLimits(using.limits);
  if (using.platform !== undefined) parsePlatformName(using.platform);
  if (rule.mode === 'skip') return notCheckedReport(rule, asked, atMs);

  const clock = startClock(limits.totalMs, using.signal);
  const done = await habit?.begin();
  try {
    const { signal } = clock;
    const checker = new Checker({ formats, trust: trustOf(rule), limits, signal });
    const isSpent = (envelope: Envelope) => checker.isSpent(envelope);
    const isSparing = habit?.isSparing === true;
    const evidences = collect(asked, { ...using, formats, limits, signal, isSpent, isSparing });
    const { evidence, decision } = await untilDecided(evidences, { rule, asked, checker });
    habit?.learn(decision.verdict === 'verified' && evidence.envelopes.every(({ foundIn }) => foundIn === 'listing'));
    return toReport({ rule, evidence, decision, findingsTotal: checker.findingsTotal, atMs });
  } finally {
    clock.stop();
    done?.();
  }
}

interface Deciding {
  readonly rule: Rule;
  readonly asked: Asked;
  readonly checker: Checker;
}

/** Decides again only when a signer came that could change the answer: so the number of signatures cannot make it slow. */
async function untilDecided(evidences: AsyncIterable<Evidence>, { rule, asked, checker }: Deciding) {
  const signers = new Set<string>();
  let evidence: Evidence = { asked, envelopes: [], gaps: [], skipped: [], skippedTotal: 0, complete: false };
  for await (evidence of evidences) {
    for await (const finding of checker.checkNew(evidence)) {
      const signer = acceptedSigner(finding, rule, asked);
      if (signer === undefined || signers.has(signer)) continue;
      signers.add(signer);
      const decision = decide(rule, evidence, checker.findings);
      if (decision.verdict === 'verified') return { evidence, decision };
    }
  }
  const all = withGaps(evidence, checker.gaps);
  return { evidence: all, decision: decide(rule, all, checker.findings) };
}

/** What was left unchecked is a gap like what was left unread; the time that ran out is told once. */
function withGaps(evidence: Evidence, gaps: readonly Gap[]): Evidence {
  const isNew = (gap: Gap) => !evidence.gaps.some(({ what, message }) => what === gap.what && message === gap.message);
  return { ...evidence, gaps: [...evidence.gaps, ...gaps.filter(isNew)] };
}
