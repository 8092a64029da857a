/** What was in force, and when: from when it could be at the earliest, until when at the latest. Milliseconds of `performance.now()`. */
interface Period<T> {
  readonly value: T;
  readonly fromMs: number;
  untilMs: number;
}

/** One thing after another, of which nobody can say to the millisecond when it took effect. */
export interface Timeline<T> {
  /** From now on it may be so; what was before may be so still. */
  begin(value: T): void;
  /** From now on nothing but what began last is so. */
  settle(): void;
  /** All that could be so at some moment of the time from then until now. */
  since(fromMs: number): readonly T[];
}

export function createTimeline<T>(first: T): Timeline<T> {
  let periods: Period<T>[] = [{ value: first, fromMs: performance.now(), untilMs: Number.POSITIVE_INFINITY }];
  return {
    begin(value) {
      periods.push({ value, fromMs: performance.now(), untilMs: Number.POSITIVE_INFINITY });
    },
    settle() {
      const nowMs = performance.now();
      for (const period of periods.slice(0, -1)) period.untilMs = Math.min(period.untilMs, nowMs);
      // Nobody waits for longer than that for an answer.
      periods = periods.filter(({ untilMs }) => untilMs > nowMs - 120_000);
    },
    since(fromMs) {
      return periods.filter(({ untilMs }) => untilMs >= fromMs).map(({ value }) => value);
    },
  };
}
