import { type WatchOptions, watchFiles } from '@signet/admission';

/**
 * Loads what each of these loads, and again when one of its files changes or the process gets SIGHUP; each by itself: one that is broken does
 * not keep the others back. Gives what ends it.
 */
export async function watchAll(loads: readonly Omit<WatchOptions, 'everyMs'>[], everyMs: number): Promise<() => void> {
  const watched = await Promise.all(loads.map((each) => watchFiles({ ...each, everyMs })));
  const look = (): void => void Promise.all(watched.map((each) => each.check({ force: true })));
  process.on('SIGHUP', look);
  return () => {
    process.off('SIGHUP', look);
    for (const each of watched) each.stop();
  };
}
