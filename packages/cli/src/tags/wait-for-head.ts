import { defaultPace } from '@signet/core';
import type { Source } from '@signet/oci';
import { timeOf } from '@signet/signed-tags';
import type { Collection } from './collection.ts';
import type { SignedForTag } from './sign-for-tag.ts';
import { readTagsNow } from './tags-now.ts';

/** Whether the catalogue holds it. Times in milliseconds since 1970 UTC. */
export interface Waited {
  readonly isThere: boolean;
  /** Of the catalogue that was read last. */
  readonly issuedMs: number;
  /** Of the first tag's item, where it is that image. */
  readonly atMs?: number;
}

/** What is waited for, and how long. */
export interface WaitForHead {
  readonly store: Source;
  readonly collection: Collection;
  readonly signed: readonly Extract<SignedForTag, { kind: 'signed' }>[];
  /** Milliseconds since 1970 UTC. */
  readonly untilMs: number;
  readonly signal: AbortSignal;
}

/** Pauses between looks, milliseconds: each is half as long again as the one before. */
const [firstPauseMs, longestPauseMs] = [500, 15_000];

/** Looks until a publisher has put it all into the catalogue, or something newer, or the time is up. @throws {RegistryError}; {TagsError} */
export async function waitForHead(waiting: WaitForHead): Promise<Waited> {
  const { untilMs, signal } = waiting;
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 1.5, longestPauseMs)) {
    const waited = await look(waiting);
    const leftMs = untilMs - Date.now();
    if (waited.isThere || leftMs <= 0) return waited;
    await defaultPace.wait(Math.min(leftMs, pauseMs * (0.75 + defaultPace.random() / 2)), signal);
  }
}

async function look({ store: source, collection, signed, signal }: WaitForHead): Promise<Waited> {
  const tagsNow = await readTagsNow({ source, collection, state: undefined, ignoreDate: true, signal });
  const { issuedMs = 0 } = tagsNow;
  let [isThere, first]: [boolean, number | undefined] = [true, undefined];
  for (const [at, { operation, signedAtMs }] of signed.entries()) {
    const { item } = await tagsNow.of(operation.tag);
    const isOwn = item.kind === 'entry' && item.entry.digest === operation.digest;
    if (at === 0 && isOwn) first = item.entry.atMs;
    isThere &&= isOwn ? holds(item.entry.statements, operation.statements) : timeOf(item) > signedAtMs;
  }
  return { isThere, issuedMs, ...(first === undefined ? {} : { atMs: first }) };
}

/** The signer's own statement stands first. */
function holds(
  held: readonly { readonly bytes: Uint8Array }[],
  [own]: readonly { readonly bytes: Uint8Array }[],
): boolean {
  return own !== undefined && held.some(({ bytes }) => Buffer.from(bytes).equals(own.bytes));
}
