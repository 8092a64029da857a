/** Work that nobody waits for, bounded in number; of equal work that has not begun, one is done. */
export interface WorkQueue {
  /** False where there is no room, or it is closed. `work` must not reject. */
  add(key: string, work: () => Promise<void>): boolean;
  /** Drops what has not begun, and waits for the rest. */
  close(): Promise<void>;
}

/** How much at a time. */
export interface WorkLimits {
  /** Works that have not begun. */
  readonly maxWaiting: number;
  readonly maxRunning: number;
  /** Milliseconds before work begins, after it was last added; at most five times that after it was first added. Default 0. */
  readonly delayMs?: number;
}

interface Waiting {
  readonly work: () => Promise<void>;
  readonly firstMs: number;
  readonly dueMs: number;
}

export function createWorkQueue({ maxWaiting, maxRunning, delayMs = 0 }: WorkLimits): WorkQueue {
  const waiting = new Map<string, Waiting>();
  const running = new Set<Promise<void>>();
  let timer: NodeJS.Timeout | undefined;
  let isOpen = true;
  const beginDue = (): void => {
    clearTimeout(timer);
    const nowMs = performance.now();
    let nextMs = Number.POSITIVE_INFINITY;
    for (const [key, { work, dueMs }] of waiting) {
      if (running.size >= maxRunning) return; // what ends begins the next
      if (dueMs > nowMs) nextMs = Math.min(nextMs, dueMs);
      else begin(key, work);
    }
    // A timer may fire a little before its time.
    if (nextMs < Number.POSITIVE_INFINITY) timer = setTimeout(beginDue, Math.ceil(nextMs - nowMs) + 1);
  };
  const begin = (key: string, work: () => Promise<void>): void => {
    waiting.delete(key);
    const done: Promise<void> = work().finally(() => {
      running.delete(done);
      beginDue();
    });
    running.add(done);
  };
  return {
    add(key, work) {
      const before = waiting.get(key);
      if (!isOpen || (before === undefined && waiting.size >= maxWaiting)) return false;
      const nowMs = performance.now();
      const firstMs = before?.firstMs ?? nowMs;
      waiting.set(key, { work, firstMs, dueMs: Math.min(nowMs + delayMs, firstMs + 5 * delayMs) });
      beginDue();
      return true;
    },
    async close() {
      isOpen = false;
      clearTimeout(timer);
      waiting.clear();
      await Promise.all(running);
    },
  };
}
