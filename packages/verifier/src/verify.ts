import type { Reference } from '@signet/oci';
import { type AskOptions, toAsked } from './collect/asked.ts';
import { decide } from './decision/decide.ts';
import { verifyEachPlatform } from './each-platform.ts';
import { type Asked, noEvidence } from './evidence.ts';
import { verifyLimits } from './limits.ts';
import { parsePlatformName } from './platform.ts';
import { noRefusals, type Refusals } from './policy/policy.ts';
import type { Rule } from './policy/rule.ts';
import { isExempt, needsEvidence, type Ruling } from './policy/ruling.ts';
import { type Report, toReport } from './report/report.ts';
import { verifyTrusted } from './trusted/verify-trusted.ts';
import { type Verifying, verifyOne } from './verify-one.ts';

/** How one reference is verified. */
export interface Verification extends AskOptions, Verifying {
  /** The rule that applies, chosen before any request. */
  readonly rule: Rule;
  /** Default: nothing is refused. */
  readonly refuse?: Refusals;
  /** Milliseconds since 1970 UTC: time is an argument. */
  readonly atMs: number;
}

/**
 * From a reference to a verdict by one rule.
 * @throws {PolicyError} PLATFORM_INVALID, LIMIT_INVALID and {RegistryError} REFERENCE_INVALID (signedReference) before any request;
 * after that every outcome is a Report
 */
export async function verify(reference: Reference, using: Verification): Promise<Report> {
  const { rule, refuse = noRefusals, atMs } = using;
  return await verifyAsked(toAsked(reference, using), { rule, fallback: 'deny', refuse, atMs }, using);
}

/** The same for what is asked in plain data. @throws {PolicyError} PLATFORM_INVALID, LIMIT_INVALID before any request */
export async function verifyAsked(asked: Asked, ruling: Ruling, using: Verifying): Promise<Report> {
  verifyLimits(using.limits);
  if (asked.platform !== undefined) parsePlatformName(asked.platform);
  if (!needsEvidence(ruling)) return withoutEvidence(asked, ruling);
  if (ruling.rule?.tag === 'trusted' && !isExempt(ruling)) return await verifyTrusted(asked, ruling, using);
  const isEach = ruling.rule?.platforms === 'each' && asked.platform === undefined && !isExempt(ruling);
  if (isEach) return await verifyEachPlatform(asked, ruling, using);
  return await verifyOne(asked, ruling, using);
}

/** The report where nothing has to be read: the answer stands already. */
export function withoutEvidence(asked: Asked, ruling: Ruling): Report {
  const { digest } = asked;
  const evidence = noEvidence(asked, digest === undefined ? {} : { subject: { digest } });
  return toReport({ ruling, evidence, decision: decide(ruling, evidence, []) });
}
