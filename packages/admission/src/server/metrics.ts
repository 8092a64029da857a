import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { ImageAnswer } from '../judge/judge.ts';
import type { PlacedOutcome } from '../review/texts.ts';

/** What a server counts. */
export interface Metrics {
  readonly registry: Registry;
  /** One request was answered. */
  review(endpoint: string, outcomes: readonly PlacedOutcome[], seconds: number): void;
  /** The judge gave an answer. */
  image(answer: ImageAnswer): void;
  /** A registry was asked. */
  registryRequest(status: number | undefined): void;
  /** A policy was taken into use, or could not be. */
  policy(revision: string): void;
  policyFailed(): void;
}

/** Seconds: a kept answer takes less than one of these thousandths, a registry far away some tenths. */
const buckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const reviews = new Counter({
    name: 'signet_reviews_total',
    help: 'Requests that were answered, by whether all their images were allowed',
    labelNames: ['endpoint', 'allowed'] as const,
    registers,
  });
  const duration = new Histogram({
    name: 'signet_review_duration_seconds',
    help: 'From the arrival of a request to its answer',
    labelNames: ['endpoint'] as const,
    buckets,
    registers,
  });
  const images = new Counter({
    name: 'signet_images_total',
    help: 'Answers to images, by verdict, code and where the answer is from (now, cache, stale)',
    labelNames: ['verdict', 'code', 'from'] as const,
    registers,
  });
  const requests = new Counter({
    name: 'signet_registry_requests_total',
    help: 'Requests to registries and token servers, by status (none: no answer)',
    labelNames: ['status'] as const,
    registers,
  });
  const info = new Gauge({
    name: 'signet_policy_info',
    help: 'The revision of the policy in use',
    labelNames: ['revision'] as const,
    registers,
  });
  const loaded = new Gauge({ name: 'signet_policy_loaded_seconds', help: 'When it was taken into use', registers });
  const failed = new Counter({
    name: 'signet_policy_reload_failures_total',
    help: 'Changed policies that could not be used: the one before is kept',
    registers,
  });
  return {
    registry,
    review(endpoint, outcomes, seconds) {
      reviews.inc({ endpoint, allowed: String(outcomes.every(({ outcome }) => outcome.isAllowed)) });
      duration.observe({ endpoint }, seconds);
    },
    image: ({ report: { verdict, code }, from }) => images.inc({ verdict, code, from }),
    registryRequest: (status) => requests.inc({ status: status === undefined ? 'none' : String(status) }),
    policy(revision) {
      info.reset();
      info.set({ revision }, 1);
      loaded.setToCurrentTime();
    },
    policyFailed: () => failed.inc(),
  };
}
