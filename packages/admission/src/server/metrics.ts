import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { ImageAnswer } from '../judge/judge.ts';
import type { Outcome } from '../review/outcome.ts';
import type { PlacedOutcome } from '../review/texts.ts';
import type { SharedOperation, SharedResult } from '../shared/shared-answers.ts';
import type { WebhookSource } from '../webhooks/event.ts';
import type { NotifyResult } from '../webhooks/notifier.ts';
import type { PushSignResult } from '../webhooks/push-signer.ts';
import type { EventResult } from '../webhooks/push-watcher.ts';

/** What a server counts. */
export interface Metrics {
  readonly registry: Registry;
  /** One request was answered. */
  review(endpoint: string, outcomes: readonly PlacedOutcome[], seconds: number): void;
  /** The judge gave an answer. */
  image(answer: ImageAnswer): void;
  /** A registry was asked. */
  registryRequest(status: number | undefined): void;
  /** The Kubernetes API was asked. */
  clusterRequest(status: number | undefined): void;
  /** A registry told of an event. */
  registryEvent(source: WebhookSource, result: EventResult): void;
  /** What was pushed was verified. */
  push(outcome: Outcome): void;
  /** What was pushed was signed, or not. */
  pushSignature(result: PushSignResult): void;
  /** A message about a push was sent, or not. */
  notification(result: NotifyResult): void;
  /** Something was done with the answers that servers share. */
  shared(operation: SharedOperation, result: SharedResult): void;
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
    help: 'Answers to images, by verdict, code and where the answer is from (now, cache, stale, shared)',
    labelNames: ['verdict', 'code', 'from'] as const,
    registers,
  });
  const requests = new Counter({
    name: 'signet_registry_requests_total',
    help: 'Requests to registries and token servers, by status (none: no answer)',
    labelNames: ['status'] as const,
    registers,
  });
  const cluster = new Counter({
    name: 'signet_kubernetes_requests_total',
    help: 'Requests to the Kubernetes API for pull secrets, by status (none: no answer)',
    labelNames: ['status'] as const,
    registers,
  });
  const events = new Counter({
    name: 'signet_registry_events_total',
    help: 'Events that registries told of, by what becomes of them (queued, noted, ignored, dropped)',
    labelNames: ['source', 'result'] as const,
    registers,
  });
  const pushes = new Counter({
    name: 'signet_push_verifications_total',
    help: 'Images that were verified because of a push, by verdict and code',
    labelNames: ['verdict', 'code'] as const,
    registers,
  });
  const signatures = new Counter({
    name: 'signet_push_signatures_total',
    help: 'What became of pushes that were to be signed (signed, already-there, moved, unverified, failed, dropped)',
    labelNames: ['result'] as const,
    registers,
  });
  const notifications = new Counter({
    name: 'signet_notifications_total',
    help: 'Messages about pushes to the configured address (delivered, failed, dropped)',
    labelNames: ['result'] as const,
    registers,
  });
  const shared = new Counter({
    name: 'signet_shared_answers_total',
    help: 'What was done with the answers that servers share, and what came of it',
    labelNames: ['operation', 'result'] as const,
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
    clusterRequest: (status) => cluster.inc({ status: status === undefined ? 'none' : String(status) }),
    registryEvent: (source, result) => events.inc({ source, result }),
    push: ({ verdict, code }) => pushes.inc({ verdict, code }),
    pushSignature: (result) => signatures.inc({ result }),
    notification: (result) => notifications.inc({ result }),
    shared: (operation, result) => shared.inc({ operation, result }),
    policy(revision) {
      info.reset();
      info.set({ revision }, 1);
      loaded.setToCurrentTime();
    },
    policyFailed: () => failed.inc(),
  };
}
