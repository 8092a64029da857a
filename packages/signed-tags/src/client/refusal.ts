import { RegistryError } from '@signet/oci';
import { type TagFacts, type TrustedAnswer, toGap } from '@signet/verifier';
import { TagsError } from '../errors.ts';

/** Why there is no trusted digest: an answer without what it says of the catalogue. */
export type Refusal = Omit<Extract<TrustedAnswer, { readonly kind: 'denied' | 'undecided' }>, 'facts'>;

/** An answer that names no digest to go by. */
export function refusing(refusal: Refusal, facts: TagFacts): TrustedAnswer {
  return { ...refusal, facts };
}

/** What could not be read decides nothing. A state that is damaged or not this user's is such a thing, and is named. */
export function unread(error: unknown): Refusal {
  const isTime = error instanceof RegistryError && (error.code === 'TIMEOUT' || error.code === 'ABORTED');
  const gap = toGap(isTime ? 'time' : 'resolve', error);
  const message =
    error instanceof TagsError ? `${error.code}: ${gap.message}` : `the catalogue could not be read: ${gap.message}`;
  const isState = error instanceof TagsError && (error.code === 'STATE_INVALID' || error.code === 'STATE_REFUSED');
  return { kind: 'undecided', code: 'INCOMPLETE', message, gap, ...(isState ? { remedy: stateRemedy } : {}) };
}

const stateRemedy =
  'put back a copy of what was remembered, or mend who may write there; signet tags state reset forgets it, and with it what an older catalogue would be noticed by';
