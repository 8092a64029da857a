import type { Pace } from '@signet/core';
import { type Digest, RegistryError, type Resolved, type Store } from '@signet/oci';
import { within } from '../client/bounds.ts';
import { HEAD_TAG } from './head.ts';

/** When something was read, by both clocks: one may be set, and one may stand still while a machine sleeps. */
export interface Moment {
  /** Of {@link Pace.clock}. */
  readonly clockMs: number;
  /** Milliseconds since 1970 UTC. */
  readonly wallMs: number;
}

/** How a head is written. */
export interface WriteHeadOptions {
  readonly store: Store;
  /** What the tag named when it was read; null: nothing; undefined: it does not matter. */
  readonly expected: Digest | null | undefined;
  readonly readAt: Moment;
  readonly pace: Pace;
  readonly now: () => number;
  readonly signal?: AbortSignal;
}

/** From the reading of the head to the start of its writing, and the writing itself, milliseconds. Rule: signed-tags.md 5.1, step 5. */
const limits = { readToWriteMs: 30_000, writeMs: 10_000 } as const;

/**
 * Lets `signet-tags` name this manifest. Sent once, and begun in time: a write that came after others had cleaned the journal would take with it
 * what only the journal still held.
 * @throws {RegistryError} CONFLICT where another was faster, or it is too late; TIMEOUT
 */
export async function writeHead(manifest: Resolved, options: WriteHeadOptions): Promise<void> {
  const { store, expected, readAt, pace, now, signal } = options;
  const beforeWrite = (): void => {
    const ageMs = Math.max(pace.clock() - readAt.clockMs, Math.abs(now() - readAt.wallMs));
    if (ageMs > limits.readToWriteMs)
      throw new RegistryError('CONFLICT', `the catalogue was read ${Math.round(ageMs / 1000)} s ago: it is read again`);
  };
  beforeWrite();
  const condition = expected === undefined ? {} : { condition: { expected } };
  const bound = { pace, signal: signal ?? new AbortController().signal };
  await within(limits.writeMs, bound, async (limited) => {
    await store.tag(manifest, HEAD_TAG, { ...condition, once: true, beforeWrite, signal: limited });
  });
}
