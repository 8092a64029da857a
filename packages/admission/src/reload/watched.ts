import { stat } from 'node:fs/promises';

/** Files that are loaded anew when one of them changes. */
export interface Watched {
  /** Looks now. `force`: loads whether something changed or not. */
  check(options?: { readonly force?: boolean }): Promise<void>;
  stop(): void;
}

/** How files are watched. */
export interface WatchOptions {
  /** Loads, and takes into use what is good; gives the files and folders that it read, also where it failed. Never rejects. */
  readonly load: () => Promise<readonly string[]>;
  /** Milliseconds between two looks. */
  readonly everyMs: number;
}

/** A file that changes all the time is loaded with the next look. */
const maxLoads = 3;

/**
 * Loads once, and then whenever the files differ from what they were. They are looked at, not subscribed to: a volume of Kubernetes changes
 * by a link to another folder, which watching a file does not tell.
 */
export async function watchFiles({ load, everyMs }: WatchOptions): Promise<Watched> {
  let files: readonly string[] = [];
  let seen: string | undefined;
  let running: Promise<void> = Promise.resolve();
  const loadUntilStill = async (): Promise<void> => {
    for (let loads = 0; loads < maxLoads; loads += 1) {
      const before = await stateOf(files);
      files = await load();
      seen = await stateOf(files);
      if (seen === before) return;
    }
  };
  const check = async (force: boolean): Promise<void> => {
    if (force || (await stateOf(files)) !== seen) await loadUntilStill();
  };
  const next = (force: boolean): Promise<void> => {
    running = running.then(() => check(force));
    return running;
  };
  await next(true);
  const timer = setInterval(() => void next(false), everyMs);
  timer.unref();
  return { check: ({ force = false } = {}) => next(force), stop: () => clearInterval(timer) };
}

/** Whatever tells one version of the files from another without reading them. */
async function stateOf(files: readonly string[]): Promise<string> {
  const states = await Promise.all(
    [...new Set(files)].map(async (file) => {
      try {
        const { dev, ino, size, mtimeNs, ctimeNs } = await stat(file, { bigint: true });
        return `${file} ${dev} ${ino} ${size} ${mtimeNs} ${ctimeNs}`;
      } catch {
        return `${file} -`;
      }
    }),
  );
  return states.join('\n');
}
