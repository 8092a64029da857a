import * as v from 'valibot';
import type { ReviewDeadline } from '../judge/deadline.ts';
import type { Judge } from '../judge/judge.ts';
import { checkVersion, notValid } from '../kubernetes/admission-request.ts';
import type { Outcome, Pinning } from '../review/outcome.ts';
import { reviewImages } from '../review/review.ts';
import { type PlacedOutcome, refusalMessage } from '../review/texts.ts';
import { toRatifyValue } from './ratify-value.ts';

const apiVersion = 'externaldata.gatekeeper.sh/v1beta1';

/** What Gatekeeper gets for one key: a value, or why there is none. */
export type ProviderItem =
  | { readonly key: string; readonly value: unknown }
  | { readonly key: string; readonly error: string };

/** The answer of an external data provider. Rule: externaldata.gatekeeper.sh/v1beta1 ProviderResponse. */
export interface ProviderAnswer {
  readonly apiVersion: string;
  readonly kind: 'ProviderResponse';
  readonly response: {
    readonly idempotent: boolean;
    readonly items: readonly ProviderItem[];
    readonly systemError: string;
  };
}

const schema: v.GenericSchema<unknown, { readonly request: { readonly keys: readonly string[] } }> = v.object({
  request: v.object({ keys: v.array(v.pipe(v.string(), v.maxLength(1024))) }),
});

/** The images that are asked about. @throws {AdmissionError} REQUEST_INVALID, REQUEST_UNSUPPORTED */
export function parseProviderRequest(body: unknown): readonly string[] {
  checkVersion(body, apiVersion, 'ProviderRequest');
  const parsed = v.safeParse(schema, body);
  if (!parsed.success) throw notValid(parsed.issues[0]);
  return parsed.output.request.keys;
}

/** What providers answer with. */
export interface Providing {
  readonly judge: Judge;
  readonly deadline: ReviewDeadline;
  /** Milliseconds since 1970 UTC, and a name for this request in logs. */
  readonly atMs: number;
  readonly traceId: string;
}

/** `verify`: whether each image passes, in the shape that Ratify's constraint templates read. `mutate`: each image with its digest. */
export async function answerProvider(
  keys: readonly string[],
  kind: 'verify' | 'mutate',
  providing: Providing,
): Promise<{ readonly answer: ProviderAnswer; readonly outcomes: readonly PlacedOutcome[] }> {
  const pinning: Pinning = kind === 'mutate' ? 'pins' : 'cannot-pin';
  const judged = await reviewImages(keys, { ...providing, pinning });
  const items = keys.map((key, at): ProviderItem => {
    const outcome = judged[at];
    if (outcome === undefined) return { key, error: 'it was not looked at' };
    return kind === 'mutate' ? mutated(key, outcome) : verified(key, outcome, providing);
  });
  return {
    // Gatekeeper mutates only with what it may ask for twice; a verdict can change.
    answer: {
      apiVersion,
      kind: 'ProviderResponse',
      response: { idempotent: kind === 'mutate', items, systemError: '' },
    },
    outcomes: judged.map((outcome, at) => ({ image: keys[at] ?? '', outcome })),
  };
}

/** What could not be decided is an error, not an unsigned image. */
function verified(key: string, outcome: Outcome, { atMs, traceId }: Providing): ProviderItem {
  const error = refusalMessage([{ image: key, outcome }]);
  if (error !== undefined && outcome.verdict === 'undecided') return { key, error };
  return { key, value: toRatifyValue(key, outcome, { atMs, traceId }) };
}

/** Allowed and not verified (a rule that warns, or exempts): it stays as it is. */
function mutated(key: string, outcome: Outcome): ProviderItem {
  const error = refusalMessage([{ image: key, outcome }]);
  if (error !== undefined) return { key, error };
  const { digest } = outcome;
  return { key, value: digest === undefined || key.includes('@') ? key : `${key}@${digest}` };
}
