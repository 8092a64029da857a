import type { Descriptor, ReferrersPage } from '@signet/oci';
import { LRUCache } from 'lru-cache';
import { waitFor } from './shared-answers.ts';

/** Listings of what refers to an image, asked for once: also by those who come while one is on its way. */
export interface SharedListings {
  /** `signal`: of who asks; ends his waiting for a listing that another one asked for. */
  readonly get: (key: string, ask: () => AsyncIterable<ReferrersPage>, signal?: AbortSignal) => Pages;
}

type Pages = AsyncGenerator<ReferrersPage, void, void>;

/** What is kept in all, and of one listing at most; bytes, about. One with a few signatures has some ten thousand. */
const maxKept = 4 * 1024 * 1024;
const maxOne = 256 * 1024;

/**
 * Whoever has enough after the first pages ends a listing: those are kept, and who wants more than them asks for all. One that failed is
 * nobody else's; a large one is not kept.
 */
export function createSharedListings(): SharedListings {
  const kept = new LRUCache<string, Listing>({ maxSize: maxKept, sizeCalculation: ({ size }) => size });
  const running = new Map<string, Promise<void>>();

  async function* get(key: string, ask: () => AsyncIterable<ReferrersPage>, signal?: AbortSignal): Pages {
    for (let told: Listing | undefined; ; ) {
      const known = kept.get(key);
      const other = running.get(key);
      if (known !== undefined && known !== told) {
        yield* known.pages;
        if (known.isWhole) return;
        told = known;
      } else if (other !== undefined) await waitFor(other, signal);
      else return yield* read(key, ask);
    }
  }

  async function* read(key: string, ask: () => AsyncIterable<ReferrersPage>): Pages {
    const recording = record(key);
    try {
      for await (const page of ask()) {
        recording.add(page);
        yield page;
      }
      recording.end(true);
    } catch (error) {
      recording.drop();
      throw error;
    } finally {
      recording.end(false); // unless it has ended: the reader had enough
    }
  }

  function record(key: string): Recording {
    const { promise, resolve } = Promise.withResolvers<void>();
    running.set(key, promise);
    const pages: ReferrersPage[] = [];
    let size = baseSize;
    let isOpen = true;
    const drop = (): void => {
      if (isOpen) running.delete(key);
      isOpen = false;
      resolve();
    };
    return {
      add(page) {
        pages.push(page);
        size += page.descriptors.reduce((sum, descriptor) => sum + sizeOf(descriptor), 0);
        if (size > maxOne) drop();
      },
      end(isWhole) {
        if (isOpen && (isWhole || pages.length > 0)) kept.set(key, { pages, size, isWhole });
        drop();
      },
      drop,
    };
  }

  return { get };
}

interface Listing {
  readonly pages: readonly ReferrersPage[];
  readonly size: number;
  readonly isWhole: boolean;
}

/** A listing while it is read: others wait until it has ended, or was given up. */
interface Recording {
  readonly add: (page: ReferrersPage) => void;
  readonly end: (isWhole: boolean) => void;
  readonly drop: () => void;
}

/** What a listing or one entry of it takes beside its texts, about. */
const baseSize = 500;

function sizeOf({ annotations = {}, data }: Descriptor): number {
  const texts = Object.entries(annotations).reduce((sum, [name, value]) => sum + name.length + value.length, 0);
  return baseSize + texts + (data?.length ?? 0);
}
