import type { Reference, Resolved, Source } from '@signet/oci';
import { startClock } from './clock.ts';
import { type AskOptions, toAsked } from './collect/asked.ts';
import { toGap } from './collect/gaps.ts';
import { decide } from './decision/decide.ts';
import { type Asked, type Gap, noEvidence } from './evidence.ts';
import { verifyLimits } from './limits.ts';
import { type ChosenRule, chooseRule } from './policy/choose-rule.ts';
import type { Policy } from './policy/policy.ts';
import { needsEvidence, type Ruling } from './policy/ruling.ts';
import { type Report, toReport } from './report/report.ts';
import { verifyAsked, withoutEvidence } from './verify.ts';
import type { Verifying } from './verify-one.ts';

/** How one reference is verified by a policy. */
export interface PolicyVerification extends Omit<AskOptions, 'renames'>, Omit<Verifying, 'source'> {
  readonly policy: Policy;
  /** Opens the repository or layout of the reference: only when something has to be read. */
  readonly open: () => Promise<Source>;
  /** Signed annotations that are asked for whatever the rule. Default: none. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** Milliseconds since 1970 UTC: time is an argument. */
  readonly atMs: number;
}

/**
 * From a reference to a verdict by the rule of the policy that is for it. The rule is chosen before any request; where it turns on what a
 * tag names now, the tag is resolved first, and what is verified is what it named then. Rule: design.md 3, 6.
 * @throws {PolicyError} PLATFORM_INVALID, LIMIT_INVALID, {RegistryError} REFERENCE_INVALID (signedReference) before any request, and what
 * `open` throws; after that every outcome is a Report
 */
export async function verifyByPolicy(reference: Reference, using: PolicyVerification): Promise<Report> {
  const { policy, open, atMs } = using;
  const asked = toAsked(reference, { ...using, renames: policy.renames });
  const base = { fallback: policy.fallback, refuse: policy.refuse, revision: policy.revision, atMs };
  const chosen = await chooseInTime(asked, using);
  if ('message' in chosen) return undecidedBy(asked, base, chosen);
  const ruling: Ruling = { ...base, ...ruleOf(chosen, using) };
  if (!needsEvidence(ruling)) return withoutEvidence(asked, ruling);
  const { resolved } = chosen;
  const pinned = resolved === undefined ? {} : { resolve: () => Promise.resolve(resolved) };
  return await verifyAsked(asked, ruling, { ...using, ...pinned, source: await open() });
}

function ruleOf(
  { rule }: ChosenRule,
  { annotations: askedAnnotations }: Pick<PolicyVerification, 'annotations'>,
): Pick<Ruling, 'rule'> {
  if (rule === undefined) return {};
  return { rule: askedAnnotations === undefined ? rule : { ...rule, askedAnnotations } };
}

/** The rule, or what kept it from being chosen. */
async function chooseInTime(asked: Asked, using: PolicyVerification): Promise<ChosenRule | Gap> {
  const { totalMs, maxManifestBytes: maxBytes } = verifyLimits(using.limits);
  const clock = startClock(totalMs, using.signal);
  const { signal } = clock;
  let opened: Source | undefined;
  const resolveTag = async (tag: string): Promise<Resolved> => {
    opened = await using.open();
    const options = { signal, maxBytes };
    return await (using.resolve === undefined ? opened.resolve(tag, options) : using.resolve(tag, opened, options));
  };
  try {
    return await chooseRule(using.policy, asked, resolveTag);
  } catch (error) {
    if (opened === undefined) throw error; // it could not even be opened: the caller's mistake
    return signal.aborted ? toGap('time', signal.reason) : toGap('resolve', error);
  } finally {
    clock.stop();
  }
}

/**
 * The report where nothing could be looked at. Without a rule it is not known which one is for the image: nothing is allowed then,
 * whatever the policy says of images that no rule is for.
 */
export function undecidedBy(asked: Asked, ruling: Ruling, gap: Gap): Report {
  const evidence = noEvidence(asked, { gaps: [gap] });
  if (ruling.rule !== undefined) return toReport({ ruling, evidence, decision: decide(ruling, evidence, []) });
  const decision = { verdict: 'undecided', code: 'UNRESOLVED', allowed: false, sources: [], findings: [] } as const;
  return toReport({ ruling, evidence, decision });
}
