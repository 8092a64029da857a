import { type Digest, parseManifest, RegistryError, type RegistryReference } from '@signet/oci';
import { escapeForTerminal, type ImagePattern, parseImagePattern, patternCovers } from '@signet/verifier';
import type { FastifyBaseLogger } from 'fastify';
import { startReviewDeadline } from '../judge/deadline.ts';
import type { ImageAnswer, Judge } from '../judge/judge.ts';
import type { RegistryEvent, WebhookSource } from './event.ts';
import type { Notifier } from './notifier.ts';
import type { EventResult, PushWatcher } from './push-watcher.ts';
import { repositoryOf, subjectByTag } from './pushed.ts';
import { createWorkQueue, type WorkQueue } from './work-queue.ts';

/** An image that was verified, and is to be signed. */
export interface ImageToSign {
  /** With the tag that was pushed, and the digest that was verified. */
  readonly reference: RegistryReference;
  /** Whether the signature may name the tag: only where that was verified, too. */
  readonly bindsTag: boolean;
}

/** What became of a push: `unverified` and `failed` after the last attempt, `moved`: the tag names another image, of which there is an event. */
export type PushSignResult = 'signed' | 'already-there' | 'moved' | 'unverified' | 'failed' | 'dropped';

/** How a signer works. */
export interface PushSignerOptions {
  /** By a policy that the signing key itself does not satisfy. */
  readonly judge: Judge;
  /** What is signed. */
  readonly repositories: readonly ImagePattern[];
  /** Signs, and reads back. Rejects where another attempt may succeed. */
  readonly sign: (image: ImageToSign) => Promise<Exclude<PushSignResult, 'unverified' | 'failed' | 'dropped'>>;
  readonly logger: FastifyBaseLogger;
  readonly notifier?: Notifier;
  readonly onResult?: (result: PushSignResult) => void;
  /** The names by which rules know the registries, where their notifications have another one. */
  readonly hosts?: Partial<Record<WebhookSource, string>>;
  /** Milliseconds from the last event about an image until the registry is asked. Default 2000. */
  readonly settleMs?: number;
  /** Milliseconds before each further attempt: an image is there before the signature that the policy asks for. Default: 5 s, 30 s, 2 min, 10 min. */
  readonly retryMs?: readonly number[];
  /** Milliseconds since 1970 UTC. */
  readonly now?: () => number;
}

/** Pushes that are followed at the same time, waiting for their next attempt among them. */
const maxPending = 1000;
/** Attempts for one push, whatever is pushed meanwhile. */
const maxTries = 50;
const limits = { maxWaiting: 2 * maxPending, maxRunning: 4 };
const defaultSettleMs = 2000;
const defaultRetryMs: readonly number[] = [5000, 30_000, 120_000, 600_000];
/** Nobody waits for it. */
const verifyMs = 30_000;

/**
 * Signs what is pushed, after the policy verified it. An event is a hint: the registry is asked what the tag names now, and that digest is
 * verified and signed. Only tags of images begin anything. Signatures and other artifacts about an image, which come without a tag of their
 * own or with one that says so, only hurry up the pushes that wait for them: so what is signed here never leads to another signature.
 */
export function createPushSigner(options: PushSignerOptions): PushWatcher {
  return new PushSigner(options);
}

/** One tag that is followed. */
interface Pending {
  readonly source: WebhookSource;
  readonly event: RegistryEvent;
  readonly name: string;
  readonly tag: string;
  /** What the tag named at the last attempt. */
  digest?: Digest;
  /** Those that the times of `retryMs` were waited for, and all. */
  attempts: number;
  tries: number;
  isRunning: boolean;
  /** The policy wants what is not there: an artifact that is pushed may be it. */
  wantsProof: boolean;
  /** An artifact about it came meanwhile: an attempt that led to nothing is made again at once. */
  isCalled: boolean;
  /** It was pushed once more meanwhile. */
  isPushed: boolean;
  timer?: NodeJS.Timeout | undefined;
}

const fresh = { attempts: 0, tries: 0, isRunning: false, wantsProof: false, isCalled: false, isPushed: false };

class PushSigner implements PushWatcher {
  private readonly options: PushSignerOptions;
  private readonly queue: WorkQueue;
  private readonly retryMs: readonly number[];
  private readonly pending = new Map<string, Pending>();

  constructor(options: PushSignerOptions) {
    this.options = options;
    this.queue = createWorkQueue({ ...limits, delayMs: options.settleMs ?? defaultSettleMs });
    this.retryMs = options.retryMs ?? defaultRetryMs;
  }

  take(source: WebhookSource, event: RegistryEvent): EventResult {
    const { hosts, judge, repositories } = this.options;
    const name = repositoryOf({ ...event, registry: hosts?.[source] ?? event.registry });
    if (name === undefined || !isListed(name, repositories)) return 'ignored';
    judge.forget(name);
    if (event.action === 'delete') return 'noted';
    const { tag, digest } = event;
    const subject = tag === undefined ? undefined : subjectByTag(tag);
    if (subject !== undefined) return this.hurry(name, subject);
    if (tag !== undefined) return this.follow({ source, event, name, tag });
    return digest === undefined ? 'noted' : this.lookAt(name, digest);
  }

  async close(): Promise<void> {
    for (const { timer } of this.pending.values()) clearTimeout(timer);
    await this.queue.close();
    for (const { timer } of this.pending.values()) clearTimeout(timer);
  }

  private follow(push: Pick<Pending, 'source' | 'event' | 'name' | 'tag'>): EventResult {
    const key = `${push.name}:${push.tag}`;
    const before = this.pending.get(key);
    if (before === undefined && this.pending.size >= maxPending) return this.drop(push);
    if (before?.isRunning === true) {
      before.isPushed = true;
      return 'queued';
    }
    // A push begins anew, also where an earlier one has nearly been given up.
    clearTimeout(before?.timer);
    const { source, event, name, tag } = push;
    const pending = { ...fresh, source, event, name, tag };
    this.pending.set(key, pending);
    return this.enqueue(key, pending);
  }

  /** Of an artifact that came without a tag only its manifest tells which image it is about. */
  private lookAt(name: string, digest: Digest): EventResult {
    if (![...this.pending.values()].some((each) => each.name === name)) return 'noted';
    const isTaken = this.queue.add(`${name}@${digest}`, async () => {
      try {
        const resolved = await this.options.judge.manifest(`${name}@${digest}`);
        if (resolved === undefined) return;
        const { subject } = parseManifest(resolved.bytes, resolved.descriptor.mediaType);
        if (subject !== undefined) this.hurry(name, subject.digest);
      } catch (error) {
        this.options.logger.debug(
          { image: `${name}@${digest}`, ...told(error) },
          'what was pushed cannot be looked at',
        );
      }
    });
    return isTaken ? 'queued' : 'dropped';
  }

  private hurry(name: string, subject: Digest): EventResult {
    const waiting = [...this.pending].filter(([, each]) => each.name === name && each.digest === subject);
    for (const [key, each] of waiting) {
      if (each.isRunning) each.isCalled = true;
      // Where signing failed, what comes may be what it left behind: that must not make it try faster.
      else if (each.wantsProof) this.enqueue(key, each);
    }
    return waiting.length === 0 ? 'noted' : 'queued';
  }

  private enqueue(key: string, pending: Pending): EventResult {
    clearTimeout(pending.timer);
    const isTaken = this.queue.add(key, () => this.attempt(key, pending));
    return isTaken ? 'queued' : this.drop(pending);
  }

  private drop(push: Pick<Pending, 'source' | 'event' | 'name' | 'tag'>): EventResult {
    this.pending.delete(`${push.name}:${push.tag}`);
    this.tell(push, 'dropped', { why: 'too many pushes wait' });
    return 'dropped';
  }

  /** Never rejects: nobody waits for it. */
  private async attempt(key: string, pending: Pending): Promise<void> {
    Object.assign(pending, { isRunning: true, isCalled: false, isPushed: false, tries: pending.tries + 1 });
    const done = await this.verifyAndSign(pending);
    pending.isRunning = false;
    pending.wantsProof = done.result === 'unverified';
    if (pending.isPushed) {
      this.pending.delete(key);
      if (done.isFinal && done.result !== undefined) this.tell(pending, done.result, done.facts);
      this.follow(pending);
      return;
    }
    const waitMs = pending.isCalled && pending.wantsProof ? 0 : this.retryMs[pending.attempts];
    if (done.isFinal || waitMs === undefined || pending.tries >= maxTries) {
      this.pending.delete(key);
      if (done.result !== undefined) this.tell(pending, done.result, done.facts);
      return;
    }
    if (waitMs > 0) pending.attempts += 1;
    pending.timer = setTimeout(() => void this.enqueue(key, pending), waitMs);
    pending.timer.unref();
  }

  private async verifyAndSign(pending: Pending): Promise<Attempt> {
    const { judge, sign } = this.options;
    const { name, tag } = pending;
    const deadline = startReviewDeadline(verifyMs);
    try {
      // Between event and now somebody may have asked what was not there yet.
      judge.forget(name);
      const resolved = await judge.manifest(`${name}:${tag}`);
      if (resolved === undefined)
        return {
          isFinal: true,
          result: 'unverified',
          facts: { why: 'no rule is for it, or none that lets its host be asked' },
        };
      const { digest, mediaType } = resolved.descriptor;
      pending.digest = digest;
      // An artifact about an image may have a tag like any other.
      if (parseManifest(resolved.bytes, mediaType).subject !== undefined) return { isFinal: true };
      const answer = await judge.judge(`${name}:${tag}@${digest}`, deadline);
      const facts = factsOf(answer);
      if (answer.report.verdict !== 'verified' || answer.report.digest !== digest)
        return { isFinal: false, result: 'unverified', facts };
      const bindsTag = answer.rule !== undefined && answer.rule.tag !== 'any';
      const result = await sign({ reference: { ...answer.reference, tag, digest }, bindsTag });
      return { isFinal: true, result, facts: { ...facts, ...(bindsTag ? {} : { digestOnly: true }) } };
    } catch (error) {
      return { isFinal: false, result: 'failed', facts: told(error) };
    } finally {
      deadline.stop();
    }
  }

  private tell(
    { source, event, name, tag }: Pick<Pending, 'source' | 'event' | 'name' | 'tag'>,
    result: PushSignResult,
    facts: object = {},
  ): void {
    const { logger, notifier, onResult, judge, now = Date.now } = this.options;
    const isGood = result === 'signed' || result === 'already-there';
    onResult?.(result);
    logger[isGood ? 'info' : 'warn'](
      { source, image: `${name}:${tag}`, result, ...facts },
      isGood ? 'signed' : 'not signed',
    );
    const { revision: policy } = judge.policy;
    const message = { version: 1, event: 'signature', source, at: now(), pushed: event, image: `${name}:${tag}` };
    notifier?.send({ ...message, result, policy, ...facts });
  }
}

/** What came of one attempt. Without a result there is nothing to tell. */
interface Attempt {
  readonly isFinal: boolean;
  readonly result?: PushSignResult;
  readonly facts?: object;
}

function isListed(name: string, repositories: readonly ImagePattern[]): boolean {
  const one = parseImagePattern(name);
  return repositories.some((each) => patternCovers(each, one));
}

function factsOf({ report }: ImageAnswer): object {
  const { verdict, code, digest, rule, summary, remedy } = report;
  return {
    verdict,
    code,
    ...(digest === undefined ? {} : { digest }),
    ...(rule === undefined ? {} : { rule }),
    ...(verdict === 'verified' ? {} : { why: escapeForTerminal(summary) }),
    ...(verdict === 'verified' || remedy === undefined ? {} : { remedy }),
  };
}

function told(error: unknown): { readonly why: string; readonly code?: string } {
  const why = escapeForTerminal(error instanceof Error ? error.message : String(error));
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return {
    why: error instanceof RegistryError || code !== undefined ? why : 'it failed',
    ...(code === undefined ? {} : { code }),
  };
}
