/** When an answer must be there, on the clock of `performance.now()`. */
export interface ReviewDeadline {
  readonly atMs: number;
  /** Resolves when the time is up; never rejects. */
  readonly passed: Promise<void>;
  /** Must be called once the answer is there. */
  stop(): void;
}

/** `budgetMs` from now. */
export function startReviewDeadline(budgetMs: number): ReviewDeadline {
  const atMs = performance.now() + budgetMs;
  let passed: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  return {
    atMs,
    // Most answers are known, and nobody looks at the clock.
    get passed() {
      passed ??= new Promise((resolve) => {
        timer = setTimeout(resolve, atMs - performance.now());
      });
      return passed;
    },
    stop: () => clearTimeout(timer),
  };
}

/** Of the caller's time, so much is left for the answer's way back. */
const shareForAnswer = 0.1;
const minForAnswerMs = 50;
const maxForAnswerMs = 1000;

/** What may be spent of the time that a caller waits, so that the answer is there before its end. */
export function budgetOf(timeoutMs: number): number {
  const reserve = Math.min(maxForAnswerMs, Math.max(minForAnswerMs, timeoutMs * shareForAnswer));
  return Math.max(1, timeoutMs - reserve);
}
