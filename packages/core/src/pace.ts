import { setTimeout as sleep } from 'node:timers/promises';
import { RegistryError } from '@signet/oci';
import type { Pace } from './format.ts';

/** Real waiting and real dice. @throws {RegistryError} ABORTED, from `wait` */
export const defaultPace: Pace = {
  async wait(milliseconds, signal) {
    try {
      await sleep(milliseconds, undefined, signal === undefined ? {} : { signal });
    } catch (cause) {
      throw new RegistryError('ABORTED', 'aborted while waiting for the registry', { cause });
    }
  },
  // biome-ignore lint/style/noRestrictedGlobals: measures how slow a registry is; no date is read.
  clock: () => performance.now(),
  random: Math.random,
};
