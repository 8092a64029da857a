import { digestOf, RegistryError } from '@signet/oci';
import type { Asked, Envelope, Evidence, Gap, Skipped, Subject } from './evidence.ts';
import type { VerifyLimits } from './limits.ts';

/** Of gaps and skipped things the first ones are kept: that there were any is what counts. */
const maxKept = 100;

/**
 * What the readers of one reference bring together: they write into it side by side, the collecting loop takes snapshots. Tasks never
 * reject: a failure is a gap. After `end` nothing is added and no waiting task begins.
 */
export class Gathering {
  subject: Subject | undefined;
  /** Set when an envelope came that no snapshot showed yet. */
  isNews = false;
  private readonly asked: Asked;
  private readonly limits: VerifyLimits;
  private readonly envelopes: Envelope[] = [];
  private readonly gaps: Gap[] = [];
  private readonly skipped: Skipped[] = [];
  private readonly seen = new Set<string>();
  private readonly queue: (() => Promise<void>)[] = [];
  private skippedTotal = 0;
  private totalBytes = 0;
  private readonly fetches = { manifest: 0, blob: 0 };
  private running = 0;
  private reading = 0;
  private ended = false;
  private wake: () => void = () => undefined;

  constructor(asked: Asked, limits: VerifyLimits) {
    this.asked = asked;
    this.limits = limits;
  }

  get isEnded(): boolean {
    return this.ended;
  }

  get isIdle(): boolean {
    return this.running === 0 && this.queue.length === 0;
  }

  /** Starts at once. `what` names the gap that a failure leaves. */
  run(what: Gap['what'], task: () => Promise<void>): void {
    this.running += 1;
    task()
      .catch((error: unknown) => this.addGap(toGap(what, error)))
      .finally(() => {
        this.running -= 1;
        this.wake();
      });
  }

  /** Wait their turn: begun by `startReads`, so many at a time, so many in all. `next`: before those that wait already. */
  enqueue(what: 'manifest' | 'blob', tasks: readonly (() => Promise<void>)[], place: 'next' | 'last'): void {
    const { maxFetches } = this.limits;
    const taken = tasks.slice(0, maxFetches - this.fetches[what]).map((task) => () => this.read(what, task));
    if (taken.length < tasks.length)
      this.addGap(limitGap(`more than ${maxFetches} signature ${what}s: the others were not read`));
    this.fetches[what] += taken.length;
    this.queue.splice(place === 'next' ? 0 : this.queue.length, 0, ...taken);
  }

  /** Called only when what was shown so far did not suffice. */
  startReads(): void {
    while (!this.ended && this.reading < this.limits.concurrency) {
      const task = this.queue.shift();
      if (task === undefined) return;
      this.run('manifest', task);
    }
  }

  private async read(what: Gap['what'], task: () => Promise<void>): Promise<void> {
    this.reading += 1;
    try {
      await task();
    } catch (error) {
      this.addGap(toGap(what, error));
    } finally {
      this.reading -= 1;
    }
  }

  /** The same bytes of the same manifest count once; a format that embeds in listings has everything in the bytes. */
  addEnvelope(envelope: Envelope): void {
    const { bytes, annotations, origin, format, foundIn } = envelope;
    const short = `${format} ${origin} ${digestOf(bytes)}`;
    const mark = foundIn === 'listing' ? short : `${short} ${JSON.stringify(annotations)}`;
    if (this.ended || this.seen.has(short) || this.seen.has(mark)) return;
    if (this.totalBytes + bytes.length > this.limits.maxTotalBytes) {
      this.addGap(limitGap(`more than ${this.limits.maxTotalBytes} bytes of envelopes: the others were not looked at`));
      return;
    }
    this.seen.add(mark);
    this.totalBytes += bytes.length;
    this.envelopes.push(envelope);
    this.isNews = true;
  }

  addGap(gap: Gap): void {
    const isTold = this.gaps.some(({ what, message }) => what === gap.what && message === gap.message);
    if (!this.ended && !isTold && this.gaps.length < maxKept) this.gaps.push(gap);
  }

  addSkipped(skipped: Skipped): void {
    if (this.ended) return;
    this.skippedTotal += 1;
    if (this.skipped.length < maxKept) this.skipped.push(skipped);
  }

  /** Resolves when a task ended or somebody notified. Look at the state, then wait: nothing can come between. */
  change(): Promise<void> {
    return new Promise((resolve) => {
      this.wake = resolve;
    });
  }

  notify(): void {
    this.wake();
  }

  snapshot(complete: boolean): Evidence {
    this.isNews = false;
    return {
      asked: this.asked,
      ...(this.subject === undefined ? {} : { subject: this.subject }),
      envelopes: [...this.envelopes],
      gaps: [...this.gaps],
      skipped: [...this.skipped],
      skippedTotal: this.skippedTotal,
      complete,
    };
  }

  /** What is still on its way may end as it likes: nobody waits for it. */
  end(): void {
    this.ended = true;
    this.queue.length = 0;
  }
}

/** What an error of a read leaves in the evidence. */
export function toGap(what: Gap['what'], error: unknown): Gap {
  if (error instanceof RegistryError) return { what, code: error.code, message: error.message };
  return { what, code: 'FAILED', message: error instanceof Error ? error.message : 'it failed' };
}

/** A bound was reached. */
export function limitGap(message: string): Gap {
  return { what: 'limit', code: 'LIMIT_REACHED', message };
}
