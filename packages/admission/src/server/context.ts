import { shorten } from '@signet/verifier';
import type { CustomPaths } from '@signet/workloads';
import type { FastifyRequest } from 'fastify';
import { budgetOf, type ReviewDeadline, startReviewDeadline } from '../judge/deadline.ts';
import type { Judge } from '../judge/judge.ts';
import type { PlacedOutcome } from '../review/texts.ts';
import type { AccessOptions } from './access.ts';
import { parseGoDuration } from './duration.ts';
import type { Metrics } from './metrics.ts';

/** What callers wait where their request does not say it, milliseconds. */
export interface Timeouts {
  /** Kubernetes' own default for webhooks; requests say theirs in `?timeout=`. */
  readonly admissionMs: number;
  readonly imageReviewMs: number;
  readonly gatekeeperVerifyMs: number;
  readonly gatekeeperMutateMs: number;
  readonly restMs: number;
}

export const defaultTimeouts: Timeouts = {
  admissionMs: 10_000,
  imageReviewMs: 10_000,
  gatekeeperVerifyMs: 2900,
  gatekeeperMutateMs: 950,
  restMs: 30_000,
};

/** No caller waits longer: Kubernetes' bound for webhooks. */
const maxTimeoutMs = 30_000;

/** What all routes share. */
export interface ServerContext {
  readonly judge: Judge;
  /** The judge for a review of this namespace (none: not of one). */
  readonly judgeFor: (asker: { readonly namespace?: string; readonly object?: unknown }) => Judge;
  readonly customPaths: CustomPaths;
  readonly timeouts: Timeouts;
  readonly metrics: Metrics;
  /** As it is now: tokens can change. */
  readonly access: AccessOptions;
  /** Milliseconds since 1970 UTC. */
  readonly now: () => number;
  /** False once it is shutting down. */
  readonly isReady: () => boolean;
}

/** The time that this request has, from when it arrived. */
export async function withDeadline<T>(
  request: FastifyRequest,
  defaultMs: number,
  work: (deadline: ReviewDeadline) => Promise<T>,
): Promise<T> {
  const deadline = startReviewDeadline(Math.max(1, budgetOf(timeoutOf(request, defaultMs)) - sinceArrival(request)));
  try {
    return await work(deadline);
  } finally {
    deadline.stop();
  }
}

/** One line of the log, and the counters. */
export function tell(
  { metrics }: ServerContext,
  request: FastifyRequest,
  { endpoint, outcomes, ...facts }: Told,
): void {
  const ms = sinceArrival(request);
  metrics.review(endpoint, outcomes, ms / 1000);
  const isAllowed = outcomes.every(({ outcome }) => outcome.isAllowed);
  const notable = outcomes.filter(isNotable).slice(0, maxTold);
  const images = notable.map(({ image, outcome: { verdict, code, rule, isUnpinned } }) => ({
    image: shorten(image, maxImageTold),
    verdict,
    code,
    rule,
    ...(isUnpinned ? { unpinned: true } : {}),
  }));
  const line = { endpoint, ...facts, allowed: isAllowed, images: outcomes.length, ms: Math.round(ms * 100) / 100 };
  if (notable.length === 0) request.log.debug(line, 'allowed');
  else
    request.log[isAllowed && notable.some(isSuspect) ? 'warn' : 'info'](
      { ...line, notable: images },
      isAllowed ? 'allowed' : 'refused',
    );
}

/** Images of one line of the log, and characters of one's name. */
const maxTold = 20;
const maxImageTold = 300;

function isNotable({ outcome: { isAllowed, isUnpinned, verdict } }: PlacedOutcome): boolean {
  return !isAllowed || isUnpinned || verdict !== 'verified';
}

/** Let through though it was looked at and is not verified. What a rule exempts or lets stay unpinned is meant to pass. */
function isSuspect({ outcome: { verdict, code } }: PlacedOutcome): boolean {
  return verdict !== 'verified' && code !== 'NOT_CHECKED';
}

/** What is told of a request. */
export interface Told {
  readonly endpoint: string;
  readonly outcomes: readonly PlacedOutcome[];
  readonly uid?: string;
  readonly operation?: string;
  readonly namespace?: string | undefined;
  readonly kind?: string | undefined;
  /** Its name, or how its name will begin. */
  readonly object?: string | undefined;
  readonly subResource?: string | undefined;
  readonly dryRun?: boolean | undefined;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** When the head of the request was there, on the clock of `performance.now()`. */
    arrivedMs: number;
  }
}

/** Milliseconds since the head of the request was there. */
function sinceArrival({ arrivedMs }: FastifyRequest): number {
  return performance.now() - arrivedMs;
}

/** `?timeout=10s`, as the API server sends it. What is no duration is not believed. */
function timeoutOf({ query }: FastifyRequest, defaultMs: number): number {
  const text = typeof query === 'object' && query !== null && 'timeout' in query ? query.timeout : undefined;
  const asked = typeof text === 'string' ? parseGoDuration(text) : undefined;
  return Math.min(maxTimeoutMs, asked === undefined || asked <= 0 ? defaultMs : asked);
}
