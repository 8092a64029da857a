/** A clock that stands still while anything can run, and then jumps to the next thing that waits. */
export interface VirtualTime {
  now(): number;
  sleep(ms: number): Promise<void>;
  /** Lets time pass until the work is done. */
  run<T>(work: Promise<T>): Promise<T>;
}

export function createVirtualTime(): VirtualTime {
  let nowMs = 0;
  const waiting: { readonly dueMs: number; readonly wake: () => void }[] = [];
  return {
    now: () => nowMs,
    sleep: (ms) =>
      new Promise((wake) => {
        waiting.push({ dueMs: nowMs + ms, wake });
        waiting.sort((a, b) => a.dueMs - b.dueMs);
      }),
    async run(work) {
      let isDone = false;
      const mark = (): void => {
        isDone = true;
      };
      work.then(mark, mark);
      for (;;) {
        await new Promise((resolve) => setImmediate(resolve));
        const next = waiting.shift();
        if (isDone || next === undefined) return work;
        nowMs = Math.max(nowMs, next.dueMs);
        next.wake();
      }
    },
  };
}
