import { createHmac, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { isLoopbackHost } from '@signet/oci';
import { AdmissionError } from '../errors.ts';
import { createWorkQueue } from './work-queue.ts';

/** Where results of pushes are sent. */
export interface NotifierOptions {
  /** https, or http on this machine. */
  readonly url: string;
  /** At least 16 characters: the receiver checks by it that a message is from here. */
  readonly secret: string;
  /** Milliseconds before each further attempt. Default: 1 s, 5 s, 25 s. */
  readonly retryMs?: readonly number[];
  readonly onDone?: (result: NotifyResult, why?: string) => void;
}

/** What became of one message: `failed` after the last attempt or a refusal, `dropped` where too many wait. */
export type NotifyResult = 'delivered' | 'failed' | 'dropped';

/** Sends messages, without anybody waiting for them. */
export interface Notifier {
  send(message: object): void;
  /** Gives up what is not delivered. */
  close(): Promise<void>;
}

const attemptMs = 10_000;
const limits = { maxWaiting: 1000, maxRunning: 2 };

/** @throws {AdmissionError} SERVER_INVALID for an address that is not safe, or a secret that is too short */
export function createNotifier({ url, secret, retryMs = [1000, 5000, 25_000], onDone }: NotifierOptions): Notifier {
  const address = checkedAddress(url);
  if (secret.length < 16)
    throw new AdmissionError('SERVER_INVALID', 'the secret for outgoing messages has fewer than 16 characters');
  const queue = createWorkQueue(limits);
  const closing = new AbortController();
  return {
    send(message) {
      const id = randomUUID();
      const delivery = { address, secret, body: JSON.stringify({ id, ...message }), signal: closing.signal };
      const isTaken = queue.add(id, async () => {
        const why = await deliver(delivery, retryMs);
        onDone?.(why === undefined ? 'delivered' : 'failed', why);
      });
      if (!isTaken) onDone?.('dropped');
    },
    async close() {
      closing.abort();
      await queue.close();
    },
  };
}

interface Delivery {
  readonly address: URL;
  readonly secret: string;
  readonly body: string;
  readonly signal: AbortSignal;
}

/** Why it was not delivered, after the last attempt; undefined where it was. Never rejects. */
async function deliver(delivery: Delivery, retryMs: readonly number[]): Promise<string | undefined> {
  for (let at = 0; ; at += 1) {
    const { why, isWorthAnother } = await attempt(delivery);
    const waitMs = retryMs[at];
    if (why === undefined || !isWorthAnother || waitMs === undefined) return why;
    try {
      await sleep(waitMs, undefined, { signal: delivery.signal });
    } catch {
      return `${why}; the server was shut down`; // sleep rejects for that alone
    }
  }
}

interface Attempt {
  readonly why?: string;
  readonly isWorthAnother: boolean;
}

async function attempt({ address, secret, body, signal }: Delivery): Promise<Attempt> {
  const timestamp = Math.floor(Date.now() / 1000);
  const mac = createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex');
  try {
    const response = await fetch(address, {
      method: 'POST',
      redirect: 'error',
      headers: {
        'content-type': 'application/json',
        'user-agent': 'signet',
        'x-signet-timestamp': String(timestamp),
        'x-signet-signature': `sha256=${mac}`,
      },
      body,
      signal: AbortSignal.any([signal, AbortSignal.timeout(attemptMs)]),
    });
    await response.body?.cancel();
    const { status, ok } = response;
    if (ok) return { isWorthAnother: false };
    return { why: `the receiver answers ${status}`, isWorthAnother: status >= 500 || status === 408 || status === 429 };
  } catch (error) {
    return { why: `the receiver cannot be reached: ${reasonOf(error)}`, isWorthAnother: !signal.aborted };
  }
}

/** What fetch gives for a connection that fails says nothing; its cause does. */
function reasonOf(error: unknown): string {
  const { cause } = error as Error;
  return cause instanceof Error ? cause.message : String((error as Error).message);
}

function checkedAddress(text: string): URL {
  const url = URL.parse(text);
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopbackHost(url.hostname));
  if (url === null || !isSafe || url.username !== '' || url.password !== '')
    throw new AdmissionError(
      'SERVER_INVALID',
      'the address for outgoing messages must be https (http on this machine alone), without a password in it',
    );
  return url;
}
