import { escapeForTerminal } from '@signet/verifier';
import type { PlacedOutcome } from '../review/texts.ts';

/** Characters of one annotation: the audit log has a bound for a whole event. */
const maxValue = 2048;

/**
 * What the audit log of a cluster keeps of a review: the worst verdict, and a line for each image that was not simply verified. The API
 * server puts the webhook's name before the keys. Rule: AdmissionResponse.auditAnnotations
 */
export function auditAnnotations(outcomes: readonly PlacedOutcome[]): Readonly<Record<string, string>> {
  const verdicts = outcomes.map(({ outcome }) => outcome.verdict);
  const verdict = ['denied', 'undecided'].find((each) => verdicts.some((other) => other === each)) ?? 'verified';
  const notable = outcomes.filter(({ outcome }) => outcome.verdict !== 'verified' || !outcome.isAllowed);
  const told = notable.map(({ image, outcome: { verdict: its, code, isAllowed, rule } }) => {
    const by = rule === undefined ? '' : ` by rule ${rule}`;
    return escapeForTerminal(`${image}: ${its} ${code}, ${isAllowed ? 'allowed' : 'refused'}${by}`, 400);
  });
  // What was let through without a digest is named, so that nobody has to guess which digest was meant.
  const pinless = outcomes.filter(({ outcome: { isAllowed, digest } }) => isAllowed && digest !== undefined);
  return {
    verdict,
    ...(told.length === 0 ? {} : { images: told.join('; ').slice(0, maxValue) }),
    ...(pinless.length === 0
      ? {}
      : {
          verified: pinless
            .map(({ image, outcome }) => escapeForTerminal(`${image} = ${outcome.digest}`, 600))
            .join('; ')
            .slice(0, maxValue),
        }),
  };
}
