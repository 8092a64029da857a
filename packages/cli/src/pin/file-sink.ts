import { realPath } from '../inputs/input-files.ts';
import type { PinSink } from './pin-sink.ts';
import { type PinnedUse, pinnedUses } from './pinned-use.ts';
import { type Replacement, stageReplacement } from './replacement.ts';

/**
 * Into the files themselves: all are written beside the old ones before the first of them is replaced. A file by two names (a link) is
 * replaced once; a link stays one. `say` is told each place when its file is replaced.
 */
export function createFileSink(say: (use: PinnedUse) => void): PinSink {
  const staged = new Map<string, { readonly replacement: Replacement; readonly uses: readonly PinnedUse[] }>();
  return {
    async add({ path }, pinned) {
      const uses = pinnedUses(pinned);
      const real = uses.length === 0 ? undefined : await realPath(path);
      if (real === undefined || staged.has(real)) return;
      staged.set(real, { replacement: await stageReplacement(real, pinned.bytes), uses });
    },
    async commit() {
      for (const { replacement, uses } of staged.values()) {
        await replacement.commit();
        for (const use of uses) say(use);
      }
    },
    async discard() {
      for (const { replacement } of staged.values()) await replacement.discard();
    },
  };
}
