import { createFileStates, type FileStates } from './file-states.ts';

/** Files that are loaded anew when one of them changes. */
export interface Watched {
  /** Looks now. `force`: loads whether something changed or not. */
  check(options?: { readonly force?: boolean }): Promise<void>;
  stop(): void;
}

/** How files are watched. */
export interface WatchOptions {
  /** Loads, takes into use what is good, and notes the files and folders before it reads them, also where it fails. Never rejects. */
  readonly load: (read: FileStates) => Promise<void>;
  /** What was read already, and is in use. Without it, it is loaded at once. */
  readonly read?: FileStates;
  /** Milliseconds between two looks. */
  readonly everyMs: number;
}

/** A file that changes all the time is loaded with the next look. */
const maxLoads = 3;

/**
 * Loads whenever the files differ from what they were before they were read, so that no change in between is missed. They are looked at, not
 * subscribed to: a volume of Kubernetes changes by a link to another folder, which watching a file does not tell.
 */
export async function watchFiles({ load, read, everyMs }: WatchOptions): Promise<Watched> {
  let seen = read;
  let running: Promise<void> = Promise.resolve();
  const loadNow = async (): Promise<void> => {
    seen = createFileStates();
    await load(seen);
  };
  const check = async (force: boolean): Promise<void> => {
    for (let loads = 0; loads < maxLoads; loads += 1) {
      const mustLoad = (force && loads === 0) || seen === undefined || (await seen.haveChanged());
      if (!mustLoad) return;
      await loadNow();
    }
  };
  const next = (force: boolean): Promise<void> => {
    running = running.then(() => check(force));
    return running;
  };
  await next(false);
  const timer = setInterval(() => void next(false), everyMs);
  timer.unref();
  return { check: ({ force = false } = {}) => next(force), stop: () => clearInterval(timer) };
}
