import { type Descriptor, digestOf } from '@signet/oci';
import type { Asked, Envelope, Evidence, Gap, Skipped, Subject } from '../evidence.ts';
import type { VerifyLimits } from '../limits.ts';
import { shorten } from '../report/shorten.ts';
import { limitGap, toGap } from './gaps.ts';
import { type Read, ReadQueue } from './read-queue.ts';

/** Of gaps and skipped things the first ones are kept: that there were any is what counts. */
const maxKept = 100;

/** What a gathering is bounded by. */
export interface GatheringOptions {
  readonly limits: Pick<VerifyLimits, 'maxFetches' | 'maxTotalBytes' | 'concurrency'>;
  /** Whether an envelope was checked and proves nothing: it may be dropped when there is no room. Default: none ever. */
  readonly isSpent?: (envelope: Envelope) => boolean;
}

/**
 * What the readers of one reference bring together: they write into it side by side, the collecting loop takes snapshots. Tasks never
 * reject: a failure is a gap. After `end` nothing is added and no waiting read begins.
 */
export class Gathering {
  subject: Subject | undefined;
  /** Set when something came that no snapshot showed yet, and that the answer may turn on. */
  isNews = false;
  private readonly asked: Asked;
  private readonly options: GatheringOptions;
  private envelopes: Envelope[] = [];
  private readonly gaps: Gap[] = [];
  private readonly skipped: Skipped[] = [];
  private readonly seen = new Set<string>();
  private readonly queue: ReadQueue;
  private skippedTotal = 0;
  private heldBytes = 0;
  private running = 0;
  private reading = 0;
  private ended = false;
  private readonly outrun: (() => void)[] = [];
  private wake: () => void = () => undefined;

  constructor(asked: Asked, options: GatheringOptions) {
    this.asked = asked;
    this.options = options;
    this.queue = new ReadQueue(options.limits);
  }

  get isEnded(): boolean {
    return this.ended;
  }

  get isIdle(): boolean {
    return this.running === 0 && this.queue.isEmpty;
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

  /** Waits its turn: begun by `startReads`, so many at a time, so many in all. */
  enqueue(read: Read): void {
    if (!this.ended) this.queue.add(read);
  }

  /** Called only when what was shown so far did not suffice. */
  startReads(): void {
    const { concurrency, maxFetches } = this.options.limits;
    while (!this.ended && this.reading < concurrency) {
      const next = this.queue.take();
      if (next === undefined) return;
      if ('over' in next) this.addGap(limitGap(`more than ${maxFetches} signature ${next.over}s: not all were read`));
      else this.read(next);
    }
  }

  private read({ what, run }: Read): void {
    this.reading += 1;
    this.run(what, () =>
      run().finally(() => {
        this.reading -= 1;
      }),
    );
  }

  /** Whether a blob is to be read: the same bytes, for the same format, show the same again, whatever they hang on. */
  claim({ digest, size }: Descriptor, { format, annotations }: Pick<Envelope, 'format' | 'annotations'>): boolean {
    const mark = markOf(format, digest, annotations);
    const claimed = `${mark} ${size}`; // who declares a wrong size for somebody else's blob must not hide it
    if (this.seen.has(mark) || this.seen.has(claimed)) return false;
    this.seen.add(claimed);
    return true;
  }

  addEnvelope(envelope: Envelope): void {
    const { bytes, annotations, format } = envelope;
    const mark = markOf(format, digestOf(bytes), annotations);
    if (this.ended || this.seen.has(mark)) return;
    const size = sizeOf(envelope);
    if (!this.hasRoomFor(size)) {
      const { maxTotalBytes } = this.options.limits;
      this.addGap(limitGap(`more than ${maxTotalBytes} bytes of envelopes: the others were not looked at`));
      return;
    }
    this.seen.add(mark);
    this.heldBytes += size;
    this.envelopes.push(envelope);
    this.isNews = true;
  }

  private hasRoomFor(size: number): boolean {
    const { isSpent, limits } = this.options;
    const fits = () => this.heldBytes + size <= limits.maxTotalBytes;
    if (fits() || isSpent === undefined) return fits();
    this.envelopes = this.envelopes.filter((each) => !isSpent(each));
    this.heldBytes = this.envelopes.reduce((sum, each) => sum + sizeOf(each), 0);
    return fits();
  }

  addGap(gap: Gap): void {
    const isTold = this.gaps.some(({ what, message }) => what === gap.what && message === gap.message);
    if (!this.ended && !isTold && this.gaps.length < maxKept) this.gaps.push(gap);
  }

  addSkipped(skipped: Skipped): void {
    if (this.ended) return;
    this.skippedTotal += 1;
    if (this.skipped.length < maxKept) this.skipped.push({ ...skipped, message: shorten(skipped.message) });
  }

  /** Resolves when all that was added so far was shown and the consumer wants more: a listing must not outrun the checks. */
  shown(): Promise<void> {
    if (!this.isNews || this.ended) return Promise.resolve();
    this.notify();
    return new Promise((resolve) => this.outrun.push(resolve));
  }

  /** The consumer saw the last snapshot and wants more. */
  wantsMore(): void {
    for (const resume of this.outrun.splice(0)) resume();
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
    this.queue.clear();
    this.wantsMore();
  }
}

/** A format's envelopes hold only those annotations that it reads: the same mark is the same evidence. */
function markOf(format: string, digest: string, annotations: Envelope['annotations']): string {
  const beside = Object.keys(annotations).length === 0 ? '' : digestOf(Buffer.from(JSON.stringify(annotations)));
  return `${format} ${digest} ${beside}`;
}

function sizeOf({ bytes, annotations }: Envelope): number {
  return Object.entries(annotations).reduce((sum, [key, value]) => sum + key.length + value.length, bytes.length);
}
