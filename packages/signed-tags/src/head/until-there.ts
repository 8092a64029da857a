import type { Pace } from '@signet/core';
import { type Descriptor, RegistryError, type Source, unlessMissing } from '@signet/oci';
import { TagsError } from '../errors.ts';

/** How long something is asked for that should be there. */
export interface Patience {
  readonly pace: Pace;
  readonly signal?: AbortSignal;
}

const tries = 5;
const [minPauseMs, maxPauseMs] = [20, 1000];

/**
 * Asks a few times, where it is expected, before 404 or 500 counts: docker-registry answers them for moments while a tag is overwritten.
 * Undefined where it is not there. Rule: signed-tags.md 3.3.
 */
export async function untilThere<T>(
  ask: () => Promise<T>,
  { isExpected, pace, signal }: Patience & { readonly isExpected: boolean },
): Promise<T | undefined> {
  for (let count = 1; ; count += 1) {
    const isLast = !isExpected || count >= tries;
    try {
      const answer = await unlessMissing(ask());
      if (answer !== undefined || isLast) return answer;
    } catch (error) {
      if (isLast || !(error instanceof RegistryError) || error.code !== 'SERVER_ERROR') throw error;
    }
    const most = Math.min(maxPauseMs, minPauseMs * 4 ** count);
    await pace.wait(minPauseMs + pace.random() * (most - minPauseMs), signal);
  }
}

/** A blob that a head names. @throws {RegistryError} what the source throws; {TagsError} HEAD_MALFORMED where it is not there */
export async function fetchPart(source: Source, part: Descriptor, patience: Patience): Promise<Uint8Array> {
  const { signal } = patience;
  const options = { maxBytes: part.size, ...(signal === undefined ? {} : { signal }) };
  const bytes = await untilThere(() => source.fetch(part, options), { ...patience, isExpected: true });
  if (bytes !== undefined) return bytes;
  throw new TagsError('HEAD_MALFORMED', `signet-tags: its layer ${part.digest} is not there`);
}
