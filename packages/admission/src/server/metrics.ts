import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { ImageAnswer } from '../judge/judge.ts';
import type { Outcome } from '../review/outcome.ts';
import type { PlacedOutcome } from '../review/texts.ts';
import type { SharedOperation, SharedResult } from '../shared/shared-answers.ts';
import type { WebhookSource } from '../webhooks/event.ts';
import type { NotifyResult } from '../webhooks/notifier.ts';
import type { PushSignResult } from '../webhooks/push-signer.ts';
import type { EventResult } from '../webhooks/push-watcher.ts';
import { countersOf } from './counters.ts';

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
  const { counter, duration } = countersOf(registry);
  const reviews = counter(
    'signet_reviews_total',
    'Requests that were answered, by whether all their images were allowed',
    ['endpoint', 'allowed'],
  );
  const durations = duration('signet_review_duration_seconds', 'From the arrival of a request to its answer', buckets);
  const images = counter(
    'signet_images_total',
    'Answers to images, by verdict, code and where the answer is from (now, cache, stale, shared)',
    ['verdict', 'code', 'from'],
  );
  const requests = counter(
    'signet_registry_requests_total',
    'Requests to registries and token servers, by status (none: no answer)',
    ['status'],
  );
  const cluster = counter(
    'signet_kubernetes_requests_total',
    'Requests to the Kubernetes API for pull secrets, by status (none: no answer)',
    ['status'],
  );
  const events = counter(
    'signet_registry_events_total',
    'Events that registries told of, by what becomes of them (queued, noted, ignored, dropped)',
    ['source', 'result'],
  );
  const pushes = counter(
    'signet_push_verifications_total',
    'Images that were verified because of a push, by verdict and code',
    ['verdict', 'code'],
  );
  const signatures = counter(
    'signet_push_signatures_total',
    'What became of pushes that were to be signed (signed, already-there, moved, unverified, failed, dropped)',
    ['result'],
  );
  const notifications = counter(
    'signet_notifications_total',
    'Messages about pushes to the configured address (delivered, failed, dropped)',
    ['result'],
  );
  const shared = counter(
    'signet_shared_answers_total',
    'What was done with the answers that servers share, and what came of it',
    ['operation', 'result'],
  );
  const older = counter(
    'signet_catalogue_older_total',
    'Answers for which a registry showed an older catalogue than was seen before: the newer one was gone by',
    ['collection'],
  );
  const expiries = new Gauge({
    name: 'signet_catalogue_expiry_seconds',
    help: 'When the catalogue of a collection expires that was last asked, seconds since 1970 UTC',
    labelNames: ['collection'] as const,
    registers,
  });
  const info = new Gauge({
    name: 'signet_policy_info',
    help: 'The revision of the policy in use',
    labelNames: ['revision'] as const,
    registers,
  });
  const loaded = new Gauge({ name: 'signet_policy_loaded_seconds', help: 'When it was taken into use', registers });
  const failed = counter(
    'signet_policy_reload_failures_total',
    'Changed policies that could not be used: the one before is kept',
  );
  return {
    registry,
    review(endpoint, outcomes, seconds) {
      reviews.inc({ endpoint, allowed: String(outcomes.every(({ outcome }) => outcome.isAllowed)) });
      durations.observe({ endpoint }, seconds);
    },
    image({ report: { verdict, code, catalogue }, from }) {
      images.inc({ verdict, code, from });
      if (catalogue === undefined || from !== 'now') return;
      const { collection, expiresMs, staleSource } = catalogue;
      if (expiresMs !== undefined) expiries.set({ collection }, Math.floor(expiresMs / 1000));
      if (staleSource === true) older.inc({ collection });
    },
    registryRequest: (status) => requests.inc(byStatus(status)),
    clusterRequest: (status) => cluster.inc(byStatus(status)),
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

function byStatus(status: number | undefined): { readonly status: string } {
  return { status: status === undefined ? 'none' : String(status) };
}
