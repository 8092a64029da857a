/** How many finished results may wait for a slow one before them, as a multiple of the concurrency. */
const lookAhead = 8;

/** Items after which memory is kept from growing further. */
const longList = 256;

/**
 * Works on items side by side, at most `concurrency` at once, and yields the results in the order of the items, each as soon as it and
 * all before it are done. Items are taken from their source only while there is room: memory stays bounded.
 */
export async function* mapOrdered<T, R>(
  items: AsyncIterable<T> | Iterable<T>,
  concurrency: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const results = new Arrivals<Promise<R>>();
  const working = new Gate(concurrency);
  const waiting = new Gate(concurrency * lookAhead);
  void feed(items, async (item) => {
    await waiting.enter();
    await working.enter();
    const result = work(item).finally(() => working.leave());
    result.catch(() => undefined); // awaited below, in its turn
    results.push(result);
  }).then(
    () => results.end(),
    (error: unknown) => {
      results.push(rejected(error));
      results.end();
    },
  );
  for (;;) {
    const next = await results.next();
    if (next === undefined) return;
    yield await next;
    waiting.leave();
  }
}

async function feed<T>(items: AsyncIterable<T> | Iterable<T>, take: (item: T) => Promise<void>): Promise<void> {
  let count = 0;
  for await (const item of items) {
    await take(item);
    if (++count === longList) (await import('./young-generation.ts')).stopGrowth();
  }
}

function rejected(error: unknown): Promise<never> {
  const failed = Promise.reject(error);
  failed.catch(() => undefined);
  return failed;
}

/** A queue that can be waited on. */
class Arrivals<T> {
  readonly #items: T[] = [];
  #ended = false;
  #wake: (() => void) | undefined;

  push(item: T): void {
    this.#items.push(item);
    this.#wake?.();
  }

  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  async next(): Promise<T | undefined> {
    while (this.#items.length === 0 && !this.#ended) {
      await new Promise<void>((wake) => {
        this.#wake = wake;
      });
    }
    return this.#items.shift();
  }
}

/** Lets `room` in at once; the others wait in line. */
class Gate {
  #room: number;
  readonly #line: (() => void)[] = [];

  constructor(room: number) {
    this.#room = room;
  }

  async enter(): Promise<void> {
    if (this.#room > 0) this.#room--;
    else await new Promise<void>((admit) => this.#line.push(admit));
  }

  leave(): void {
    const admit = this.#line.shift();
    if (admit === undefined) this.#room++;
    else admit();
  }
}
