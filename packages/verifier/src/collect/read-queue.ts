import type { VerifyLimits } from '../limits.ts';

/** One manifest or blob that may hold a signature and was not read yet. */
export interface Read {
  readonly what: 'manifest' | 'blob';
  /** Lower first: what its entry in the listing promised. A hint, so an order and no exclusion. */
  readonly rank: number;
  /** Bytes, as declared. */
  readonly size: number;
  readonly run: () => Promise<void>;
}

/** Up to so many bytes all are of one size: a signature is no larger, and then who came first is read first. */
const oneSizeBytes = 4 * 1024;
/** A larger blob waits until all manifests were read. */
const maxSmallBytes = 64 * 1024;

/**
 * Reads that wait for their turn. Small ones go first: what somebody puts in front of a signature to use up time and room must
 * not be larger than it. Blobs of manifests that were read go before further manifests. Rule: design.md 7 "junk cannot exhaust us".
 */
export class ReadQueue {
  /** Descending: the next one last. */
  private waiting: { readonly read: Read; readonly order: readonly number[] }[] = [];
  private arrived = 0;
  private readonly taken = { manifest: 0, blob: 0 };
  private readonly maxFetches: number;

  constructor({ maxFetches }: Pick<VerifyLimits, 'maxFetches'>) {
    this.maxFetches = maxFetches;
  }

  get isEmpty(): boolean {
    return this.waiting.length === 0;
  }

  add(read: Read): void {
    this.arrived += 1;
    const order = [classOf(read), read.rank, sizeClass(read.size), this.arrived];
    let [low, high] = [0, this.waiting.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compare(this.waiting[middle]?.order ?? [], order) > 0) low = middle + 1;
      else high = middle;
    }
    this.waiting.splice(low, 0, { read, order });
  }

  /** The next one; `over` where as many of its kind were taken as may be: all of them are then dropped. */
  take(): Read | { readonly over: Read['what'] } | undefined {
    const read = this.waiting.pop()?.read;
    if (read === undefined) return undefined;
    if (this.taken[read.what] >= this.maxFetches) {
      this.waiting = this.waiting.filter((each) => each.read.what !== read.what);
      return { over: read.what };
    }
    this.taken[read.what] += 1;
    return read;
  }

  clear(): void {
    this.waiting = [];
  }
}

function classOf({ what, size }: Read): number {
  return what === 'manifest' ? 1 : size <= maxSmallBytes ? 0 : 2;
}

function sizeClass(bytes: number): number {
  return Math.max(0, Math.ceil(Math.log2(bytes / oneSizeBytes)));
}

function compare(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((part, index) => part !== b[index]);
  return at < 0 ? 0 : (a[at] ?? 0) - (b[at] ?? 0);
}
