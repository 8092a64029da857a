import { globSync } from 'node:fs';
import type { EngineFiles } from '@signet/admission';
import { isThere, readInputFile } from '../../files.ts';

/** The files of an engine's configuration on this machine. */
export const engineFiles: EngineFiles = {
  read: async (path) => ((await isThere(path)) ? await readInputFile(path) : undefined),
  list: async (pattern) => globSync(pattern).sort(),
};
