import { RegistryError } from '../errors.ts';
import { type Deadline, sleep } from './deadline.ts';
import { failureKind } from './failure.ts';
import type { Settings } from './options.ts';

/** What a try came to, as far as trying again goes: an answer's status and its Retry-After, or a failed connection. */
export interface Outcome {
  readonly status?: number;
  readonly retryAfter?: string | undefined;
  readonly error?: RegistryError;
}

/** `idempotent`: may be made again whatever happened; else only where it cannot have taken effect. `retryNotFound`: so many 404 answers are taken for passing. `once`: never again. */
export interface RetryRule {
  readonly idempotent: boolean;
  readonly retryNotFound?: number;
  readonly once?: boolean;
}

/** Statuses after which an idempotent request is made again; 500 too: docker-registry answers it while a tag is overwritten. */
const passing: ReadonlySet<number> = new Set([429, 500, 502, 503, 504]);

/**
 * Makes tries until one is final. `attempt` counts from 1; `outcomeOf` says what a result means for trying again.
 * @throws {RegistryError} what the last try threw; TIMEOUT, ABORTED
 */
export async function withRetries<T>(
  rule: RetryRule,
  context: { readonly settings: Settings; readonly deadline: Deadline; readonly outcomeOf: (result: T) => Outcome },
  attempt: (count: number) => Promise<T>,
): Promise<T> {
  const { settings, deadline, outcomeOf } = context;
  for (let count = 1; ; count += 1) {
    const tried = await settle(() => attempt(count));
    const outcome: Outcome = 'error' in tried ? { error: tried.error } : outcomeOf(tried.value);
    const delay = delayAfter(outcome, count, rule, settings);
    if (delay === undefined) {
      if ('error' in tried) throw tried.error;
      return tried.value;
    }
    await sleep(delay, deadline);
  }
}

/** Milliseconds until the next try; undefined when there is none. */
export function delayAfter(outcome: Outcome, count: number, rule: RetryRule, settings: Settings): number | undefined {
  const { maxAttempts, baseMs, maxMs, maxRetryAfterMs } = settings.retries;
  if (count >= maxAttempts || rule.once === true || !isWorthRetrying(outcome, count, rule)) return undefined;
  const ceiling = Math.min(maxMs, baseMs * 2 ** (count - 1));
  const backOff = ceiling / 2 + (settings.random() * ceiling) / 2;
  const asked = parseRetryAfter(outcome.retryAfter, settings.now());
  if (asked === undefined) return backOff;
  return asked > maxRetryAfterMs ? undefined : Math.max(asked, backOff);
}

function isWorthRetrying(outcome: Outcome, count: number, rule: RetryRule): boolean {
  if (outcome.error !== undefined) {
    const kind = failureKind(outcome.error);
    return kind === 'unsent' || (kind === 'broken' && rule.idempotent);
  }
  // 429 says that the request was not taken up, so it is safe for any method.
  if (outcome.status === 429) return true;
  if (outcome.status === 404) return count <= (rule.retryNotFound ?? 0);
  return rule.idempotent && passing.has(outcome.status ?? 0);
}

/** Retry-After in milliseconds from now: seconds or a date. Rule: RFC 9110, 10.2.3. */
export function parseRetryAfter(text: string | undefined, nowMs: number): number | undefined {
  if (text === undefined) return undefined;
  if (/^\s*\d{1,10}\s*$/.test(text)) return Number(text) * 1000;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs);
}

type Settled<T> = { readonly value: T } | { readonly error: RegistryError };

async function settle<T>(run: () => Promise<T>): Promise<Settled<T>> {
  try {
    return { value: await run() };
  } catch (error) {
    if (error instanceof RegistryError) return { error };
    throw error;
  }
}
