import { checkedBytes } from '../checked.ts';
import type { Descriptor } from '../descriptor.ts';
import type { Source, Store } from '../store.ts';
import { type Budget, type CopyLimits, createBudget, defaultCopyLimits } from './budget.ts';
import { type CopyEvent, createTally, type Tally } from './events.ts';
import { limitTo } from './side-by-side.ts';

/** Options of `copy`. */
export interface CopyOptions {
  /** Written last, when everything else is there; without it the copy is found by digest alone. */
  readonly tag?: string;
  readonly extraTags?: readonly string[];
  /** Whether all that refers to the image is copied too; default true. */
  readonly referrers?: boolean;
  /** Requests in flight; default 8. */
  readonly concurrency?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (event: CopyEvent) => void;
  /** The source's repository, where source and destination are on the same registry: blobs are mounted from it. */
  readonly mountFrom?: string;
  /** Overwrite a digest tag (`sha256-….sig`) of the destination that holds signatures which the source has not; default: CONFLICT. */
  readonly allowReplacedSignatures?: boolean;
  /** Default {@link defaultCopyLimits}. */
  readonly limits?: CopyLimits;
}

/** One copy under way: its ends, its bounds, its count. */
export interface CopyRun {
  readonly source: Source;
  readonly destination: Store;
  readonly options: CopyOptions;
  readonly width: number;
  readonly signal: AbortSignal;
  readonly budget: Budget;
  readonly tally: Tally;
  /** Runs one request when there is room; when it fails, those in flight are given up. */
  request<T>(work: () => Promise<T>): Promise<T>;
}

export function startRun(source: Source, destination: Store, options: CopyOptions): CopyRun {
  const width = Math.max(1, options.concurrency ?? 8);
  const failed = new AbortController();
  const gate = limitTo(width);
  return {
    source,
    destination,
    options,
    width,
    signal: options.signal === undefined ? failed.signal : AbortSignal.any([options.signal, failed.signal]),
    budget: createBudget(options.limits ?? defaultCopyLimits),
    tally: createTally(options.onProgress),
    request: (work) =>
      gate(async () => {
        try {
          return await work();
        } catch (error) {
          failed.abort(error);
          throw error;
        }
      }),
  };
}

/** A manifest of the source, counted against the budget. @throws {RegistryError} LIMIT_REACHED, and what `fetch` throws */
export async function readManifest(run: CopyRun, descriptor: Descriptor): Promise<Uint8Array> {
  run.budget.take(descriptor.size);
  return await run.source.fetch(descriptor, { signal: run.signal });
}

/** The content that a descriptor embeds, where it is really that. */
export function embeddedContent(descriptor: Descriptor): Uint8Array | undefined {
  if (descriptor.data === undefined) return undefined;
  try {
    return checkedBytes(descriptor.data, descriptor);
  } catch {
    return undefined; // a wrong copy proves nothing: the blob itself is read
  }
}
