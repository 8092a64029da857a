import { setTimeout as sleep } from 'node:timers/promises';
import type { Report } from '@signet/verifier';

/** Answers that may be others a little later: a geo-replica gets the image, then its signatures, and the catalogue. Rule: design.md 5 `--wait`; signed-tags.md 4.1 */
const passing: ReadonlySet<Report['code']> = new Set<Report['code']>([
  'UNRESOLVED',
  'INCOMPLETE',
  'NO_SIGNATURE',
  'CATALOGUE_MISSING',
  'CATALOGUE_EXPIRED',
  'CATALOGUE_TOO_OLD',
  'ROLLBACK',
  'TAG_NOT_SIGNED',
  'DIGEST_NOT_LISTED',
  'DIGEST_NOT_CURRENT',
  'RECEIPT_NOT_REACHED',
  'IMAGE_NOT_REPLICATED',
]);

/** Milliseconds before the second try; each pause is half as long again as the one before, up to the second number. */
const [firstPauseMs, longestPauseMs] = [1_000, 15_000];

/** How long is waited, and by which clock. */
export interface Waiting {
  /** Milliseconds of {@link now}: no try begins later. */
  readonly untilMs: number;
  readonly signal: AbortSignal;
  /** Told before each pause. */
  readonly onPause?: (report: Report, pauseMs: number) => void;
  readonly now?: () => number;
  /** From 0 to below 1. */
  readonly random?: () => number;
  readonly pause?: (ms: number, signal: AbortSignal) => Promise<unknown>;
}

/**
 * Asks again while the answer is one that may pass, with pauses that grow and vary, until the time is up; then the last answer stands.
 * What is verified, or denied for a reason of its own, stands at once. @throws {unknown} what `ask` throws, or the signal's reason
 */
export async function askUntil(ask: () => Promise<Report>, waiting: Waiting): Promise<Report> {
  const { untilMs, signal, now = Date.now, random = Math.random } = waiting;
  const pause = waiting.pause ?? ((ms: number) => sleep(ms, undefined, { signal }));
  for (let tries = 1; ; tries += 1) {
    const report = await ask();
    const leftMs = untilMs - now();
    if (!passing.has(report.code) || leftMs <= 0 || signal.aborted) return report;
    const pauseMs = Math.min(pauseAfter(tries, random()), leftMs); // the last try is at the end, not before it
    waiting.onPause?.(report, pauseMs);
    await pause(pauseMs, signal);
  }
}

/** Between three quarters and five quarters of the step: callers that began together do not stay together. */
function pauseAfter(tries: number, random: number): number {
  return Math.min(firstPauseMs * 1.5 ** (tries - 1), longestPauseMs) * (0.75 + random / 2);
}
