import { parseManifest, RegistryError } from '@signet/oci';
import { escapeForTerminal } from '@signet/verifier';
import type { FastifyBaseLogger } from 'fastify';
import { startReviewDeadline } from '../judge/deadline.ts';
import type { Judge } from '../judge/judge.ts';
import { type Outcome, type OutcomeCode, outcomeOf } from '../review/outcome.ts';
import type { RegistryEvent, WebhookSource } from './event.ts';
import type { Notifier } from './notifier.ts';
import { repositoryOf, subjectByTag } from './pushed.ts';
import { createWorkQueue } from './work-queue.ts';

/** What became of one event: `queued`, or why nothing is done about it. */
export type EventResult = 'queued' | 'noted' | 'ignored' | 'dropped';

/** Follows up what registries say. */
export interface PushWatcher {
  /** At once: the repository's answers are forgotten, what was pushed is verified later. */
  take(source: WebhookSource, event: RegistryEvent): EventResult;
  /** Gives up what has not begun. */
  close(): Promise<void>;
}

/** What a watcher works with. */
export interface WatcherOptions {
  readonly judge: Judge;
  /** Told of each repository that the judge forgets, for other servers. */
  readonly onForget?: (name: string) => void;
  readonly logger: FastifyBaseLogger;
  readonly notifier?: Notifier;
  readonly onVerified?: (outcome: Outcome) => void;
  /** Milliseconds since 1970 UTC. */
  readonly now?: () => number;
  /** The names by which rules know the registries, where their notifications have another one. */
  readonly hosts?: Partial<Record<WebhookSource, string>>;
  /** Milliseconds from the last event about an image until the registry is asked. Default 2000. */
  readonly settleMs?: number;
}

const limits = { maxWaiting: 1000, maxRunning: 4 };
/** Registries tell of a push before its tag is written (CNCF Distribution does), and of a signature before the list that names it. */
const defaultSettleMs = 2000;
/** Nobody waits for it. */
const verifyMs = 30_000;

export function createPushWatcher(options: WatcherOptions): PushWatcher {
  const queue = createWorkQueue({ ...limits, delayMs: options.settleMs ?? defaultSettleMs });
  return {
    take(source, event) {
      const name = repositoryOf({ ...event, registry: options.hosts?.[source] ?? event.registry });
      if (name === undefined) return 'ignored';
      forget(name, options);
      if (event.action === 'delete') return 'noted';
      const pushed = pushedIn(name, event);
      if (pushed === undefined) return 'noted';
      const isTaken = queue.add(pushed, () => followUp({ source, event, name, pushed }, options));
      return isTaken ? 'queued' : 'dropped';
    },
    close: () => queue.close(),
  };
}

interface Pushed {
  readonly source: WebhookSource;
  readonly event: RegistryEvent;
  readonly name: string;
  /** The reference that the event is about. */
  readonly pushed: string;
}

function pushedIn(name: string, { tag, digest }: RegistryEvent): string | undefined {
  if (tag !== undefined) return `${name}:${tag}`;
  return digest === undefined ? undefined : `${name}@${digest}`;
}

/** Never rejects: nobody waits for it. */
async function followUp(push: Pushed, options: WatcherOptions): Promise<void> {
  const { judge, logger, notifier, onVerified, now = Date.now } = options;
  const { source, event, name, pushed } = push;
  const deadline = startReviewDeadline(verifyMs);
  try {
    // Between event and now somebody may have asked what was not there yet.
    forget(name, options);
    const image = await imageOf(push, judge);
    if (image === undefined) return;
    const outcome = outcomeOf(await judge.judge(image, deadline), 'pins');
    const { verdict, code, isAllowed, digest, rule, why, remedy } = outcome;
    if (isNobodysConcern(code)) return;
    onVerified?.(outcome);
    const told = { image, verdict, code, allowed: isAllowed, digest, rule };
    logger[isAllowed ? 'info' : 'warn']({ source, ...told, why: escapeForTerminal(why) }, 'pushed');
    const { revision: policy } = judge.policy;
    notifier?.send({ version: 1, event: 'push', source, at: now(), pushed: event, ...told, policy, why, remedy });
  } catch (error) {
    const err =
      error instanceof RegistryError ? { code: error.code, message: escapeForTerminal(error.message) } : error;
    logger.warn({ source, pushed, err }, 'what was pushed cannot be looked at');
  } finally {
    deadline.stop();
  }
}

function forget(name: string, { judge, onForget }: WatcherOptions): void {
  judge.forget(name);
  onForget?.(name);
}

/** No rule is for it, or the rule exempts it: nothing was verified. */
function isNobodysConcern(code: OutcomeCode): boolean {
  return code === 'NO_RULE' || code === 'NOT_CHECKED';
}

/**
 * The image to verify: what the tag names; for a signature or another artifact about an image, that image; nothing for a manifest without
 * a tag that is about none, such as a platform's in an index. A signature is never verified as an image, so what is signed because of a
 * push does not cause another verification of itself.
 */
async function imageOf({ name, event, pushed }: Pushed, judge: Judge): Promise<string | undefined> {
  const { tag } = event;
  if (tag !== undefined) {
    const subject = subjectByTag(tag);
    return subject === undefined ? pushed : `${name}@${subject}`;
  }
  const resolved = await judge.manifest(pushed);
  if (resolved === undefined) return undefined;
  const { subject } = parseManifest(resolved.bytes, resolved.descriptor.mediaType);
  return subject === undefined ? undefined : `${name}@${subject.digest}`;
}
