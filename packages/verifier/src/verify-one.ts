import { Checker } from './check.ts';
import { startClock } from './clock.ts';
import { collect } from './collect/collect.ts';
import type { CollectOptions } from './collect/collecting.ts';
import type { Habit } from './collect/habit.ts';
import { acceptedSigner, type Decision, decide } from './decision/decide.ts';
import { type Asked, type Envelope, type Evidence, type Gap, noEvidence } from './evidence.ts';
import type { VerifyFormat } from './format.ts';
import { defaultFormats } from './formats/index.ts';
import { type VerifyLimits, verifyLimits } from './limits.ts';
import { isExempt, type Ruling } from './policy/ruling.ts';
import { type Report, toReport } from './report/report.ts';
import { trustOf } from './trust.ts';
import type { TrustedTags } from './trusted/trusted-tags.ts';
import type { Witnesses } from './witnesses/witnesses.ts';

/** Where the evidence comes from, and how much of it. */
export interface Verifying extends Pick<CollectOptions, 'source' | 'resolve' | 'signal'> {
  /** Default: all that there are. */
  readonly formats?: readonly VerifyFormat[];
  readonly limits?: Partial<VerifyLimits>;
  /** Shared by the verifications of one call. Default: each begins anew. */
  readonly habit?: Habit;
  /** Who says what tags are under `tag: trusted`. Default: nobody, and such images stay undecided. */
  readonly trusted?: TrustedTags;
  /** Who is asked whether certificates were revoked, and runs plugins. Default: nobody, and that stays unknown. */
  readonly witnesses?: Witnesses;
}

/** One manifest, an index as such included. */
export async function verifyOne(asked: Asked, ruling: Ruling, using: Verifying): Promise<Report> {
  return toReport({ ruling, ...(await examine(asked, ruling, using)) });
}

/** What one manifest comes to, and from what. */
export interface Examined {
  readonly evidence: Evidence;
  readonly decision: Decision;
  readonly findingsTotal: number;
}

/** Collect (all I/O), check what is new (pure), decide (pure), until verified or nothing more comes. */
export async function examine(asked: Asked, ruling: Ruling, using: Verifying): Promise<Examined> {
  const { habit, formats = defaultFormats, witnesses } = using;
  const limits = verifyLimits(using.limits);
  const clock = startClock(limits.totalMs, using.signal);
  const place = await habit?.begin();
  try {
    const { signal } = clock;
    const trust = trustOf(ruling);
    const wanted =
      isExempt(ruling) && trust.keys.length === 0 ? [] : formats.filter((format) => format.isWanted(trust));
    const checker = new Checker({
      formats: wanted,
      trust,
      limits,
      signal,
      ...(witnesses === undefined ? {} : { witnesses }),
    });
    const evidences = collect(asked, {
      ...using,
      formats: wanted,
      limits,
      signal,
      isSpent: (envelope: Envelope) => checker.isSpent(envelope),
      isSparing: place?.isSparing === true,
      wantsChildren: ruling.refuse.digests.size > 0,
    });
    const { evidence, decision } = await untilDecided(evidences, { ruling, asked, checker });
    habit?.learn(decision.verdict === 'verified' && evidence.envelopes.every(({ foundIn }) => foundIn === 'listing'));
    return { evidence, decision, findingsTotal: checker.findingsTotal };
  } finally {
    clock.stop();
    place?.leave();
  }
}

interface Deciding {
  readonly ruling: Ruling;
  readonly asked: Asked;
  readonly checker: Checker;
}

/** Decides again only when something came that could turn the answer into yes: so the number of signatures cannot make it slow. */
async function untilDecided(evidences: AsyncIterable<Evidence>, { ruling, asked, checker }: Deciding) {
  const signers = new Set<string>();
  let evidence = noEvidence(asked, { complete: false });
  let knewChildren = false;
  const verified = (): Decision | undefined => {
    const decision = decide(ruling, evidence, checker.findings);
    return decision.verdict === 'verified' ? decision : undefined;
  };
  for await (evidence of evidences) {
    for await (const finding of checker.checkNew(evidence)) {
      const signer = acceptedSigner(finding, ruling, evidence);
      if (signer === undefined || signers.has(signer)) continue;
      signers.add(signer);
      const decision = verified();
      if (decision !== undefined) return { evidence, decision };
    }
    const knowsChildren = evidence.subject?.children !== undefined;
    const decision = signers.size > 0 && knowsChildren && !knewChildren ? verified() : undefined;
    if (decision !== undefined) return { evidence, decision };
    knewChildren = knowsChildren;
  }
  const all = withGaps(evidence, checker.gaps);
  return { evidence: all, decision: decide(ruling, all, checker.findings) };
}

/** What was left unchecked is a gap like what was left unread; the time that ran out is told once. */
function withGaps(evidence: Evidence, gaps: readonly Gap[]): Evidence {
  const isNew = (gap: Gap) => !evidence.gaps.some(({ what, message }) => what === gap.what && message === gap.message);
  return { ...evidence, gaps: [...evidence.gaps, ...gaps.filter(isNew)] };
}
