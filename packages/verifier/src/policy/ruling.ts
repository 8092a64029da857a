import { noRefusals, type Refusals } from './policy.ts';
import type { Rule } from './rule.ts';

/** All that a decision about one image goes by. */
export interface Ruling {
  /** None: no rule is for this image, and `fallback` says what becomes of it. */
  readonly rule?: Rule;
  readonly fallback: 'deny' | 'allow';
  readonly refuse: Refusals;
  /** Of the policy, where there is one. */
  readonly revision?: string;
  /** Milliseconds since 1970 UTC: time is an argument. */
  readonly atMs: number;
}

/** One rule, nothing refused. */
export function rulingOf(rule: Rule | undefined, atMs: number): Ruling {
  return { ...(rule === undefined ? {} : { rule }), fallback: 'deny', refuse: noRefusals, atMs };
}

/** Whether no signature could change the answer: nothing has to be asked for but what the refusals need. */
export function isExempt({ rule, fallback }: Ruling): boolean {
  return rule === undefined ? fallback === 'allow' : rule.mode === 'skip';
}

/** An image that no rule is for, or that a rule exempts, is not asked for at all, unless it could be refused. Rule: design.md 3, 6. */
export function needsEvidence(ruling: Ruling): boolean {
  if (!isExempt(ruling)) return ruling.rule !== undefined;
  return ruling.refuse.digests.size > 0 || ruling.refuse.keys.length > 0;
}
