import { escapeForTerminal } from '@signet/verifier';
import { cut, joinWithin } from '../review/cut.ts';
import type { PlacedOutcome } from '../review/texts.ts';

/** Characters of one annotation: the audit log has a bound for a whole event. */
const maxValue = 2048;
/** Characters of what one image adds to it. */
const maxEntry = 480;

/** What is noted of a review. */
export interface Noted {
  readonly outcomes: readonly PlacedOutcome[];
  /** The revision of the policy that decided. */
  readonly policy: string;
  /** Images of an update that were there before, pinned: they are not looked at again. */
  readonly unchanged?: number;
}

/**
 * What the audit log of a cluster keeps of a review: the worst verdict, what was verified, and each image that was not simply verified. The
 * API server puts the webhook's name before the keys; docs/admission.md explains them. Rule: AdmissionResponse.auditAnnotations
 */
export function auditAnnotations({ outcomes, policy, unchanged = 0 }: Noted): Readonly<Record<string, string>> {
  const verdicts = new Set(outcomes.map(({ outcome }) => outcome.verdict));
  const verdict = (['denied', 'undecided', 'verified'] as const).find((each) => verdicts.has(each));
  return {
    ...(verdict === undefined && unchanged === 0 ? {} : { policy }),
    ...(verdict === undefined ? {} : { verdict }),
    ...listed('images', outcomes.filter(isNotable).map(notableText)),
    ...listed('verified', outcomes.flatMap(verifiedText)),
    // What is pulled may be another image than the one that was verified.
    ...listed('unpinned', [...new Set(outcomes.filter(({ outcome }) => outcome.isUnpinned).map(({ image }) => image))]),
    ...(unchanged === 0 ? {} : { unchanged: String(unchanged) }),
  };
}

function isNotable({ outcome: { verdict, isAllowed } }: PlacedOutcome): boolean {
  return verdict !== 'verified' || !isAllowed;
}

function notableText({ image, outcome: { verdict, code, isAllowed, rule } }: PlacedOutcome): string {
  const by = rule === undefined ? '' : ` by rule ${rule}`;
  return `${image}: ${verdict} ${code}, ${isAllowed ? 'allowed' : 'refused'}${by}`;
}

function verifiedText({ image, outcome: { digest, isAllowed } }: PlacedOutcome): readonly string[] {
  return isAllowed && digest !== undefined ? [`${image} = ${digest}`] : [];
}

function listed(key: string, texts: readonly string[]): Readonly<Record<string, string>> {
  if (texts.length === 0) return {};
  const textOf = (text: string) => cut(escapeForTerminal(text, maxEntry), maxEntry);
  const more = (rest: number) => `and ${rest} more`;
  return { [key]: joinWithin([...new Set(texts)], { textOf, separator: '; ', max: maxValue, more }) };
}
