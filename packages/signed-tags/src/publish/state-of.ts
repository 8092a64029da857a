import type { Digest } from '@signet/oci';
import { type Item, itemOf } from '../catalogue/content.ts';
import { learnt } from '../client/learn.ts';
import type { TagsState } from '../state/state.ts';
import type { TrustedFile } from '../state/trusted-state.ts';
import { type Base, indexOf } from './base.ts';
import type { Judge } from './judge.ts';
import { nothingKnown, type Recollection } from './recollection.ts';

/**
 * What a writer has seen in a head, to be remembered as a client remembers it: the file with the shards that were read, and what the tags are
 * that it was about. Undefined where no head was trusted.
 */
export async function stateOf(
  base: Base,
  {
    judge,
    tags,
    shards,
  }: {
    readonly judge: Judge;
    readonly tags: Iterable<string>;
    readonly shards: ReadonlyMap<Digest, Uint8Array>;
  },
): Promise<TagsState | undefined> {
  const file = trustedFileOf(base, shards);
  if (file === undefined) return undefined;
  const items = new Map<string, Item>();
  for (const tag of tags) {
    const item = itemOf(await base.part(indexOf(tag, base.bits)), tag);
    const isProven = item.kind === 'entry' ? await judge.meetsRule(tag, item.entry) : item.atMs > 0;
    if (isProven) items.set(tag, item);
  }
  return learnt(file, items);
}

/** What a base shows, for the rounds that follow. */
export function recollectionOf(base: Base, shards: ReadonlyMap<Digest, Uint8Array>): Recollection {
  const newest = trustedFileOf(base, shards);
  if (newest === undefined) return nothingKnown;
  const parts = [...base.read];
  return {
    isWarm: false,
    issuedMs: newest.catalogue.issuedMs,
    tags: new Map(parts.flatMap(([, { tags }]) => [...tags])),
    floors: parts.map(([index, { floorMs }]) => ({ bits: base.bits, index, floorMs })),
    revoked: newest.catalogue.revoked,
    newest,
  };
}

function trustedFileOf(
  { head, catalogue, signers }: Base,
  shards: ReadonlyMap<Digest, Uint8Array>,
): TrustedFile | undefined {
  if (head === undefined || catalogue === undefined || signers === undefined) return undefined;
  const { file, signatures, resolved } = head;
  const named = new Set(catalogue.tags.kind === 'sharded' ? catalogue.tags.digests : []);
  return {
    source: 'registry',
    catalogue,
    signers,
    signed: { file, signatures },
    manifest: resolved,
    shards: new Map([...shards].filter(([digest]) => named.has(digest))),
  };
}
