import type { Digest } from '@signet/oci';
import type { Revocation } from '../catalogue/content.ts';
import { itemOf } from '../catalogue/content.ts';
import { judgeFile } from '../head/trusted-file.ts';
import { publisherOf, type Revoked, type Seen, type TagsState } from '../state/state.ts';
import type { Authority } from './authority.ts';
import { type Base, indexOf } from './base.ts';
import type { Judge } from './judge.ts';
import { nothingKnown, type Recollection } from './recollection.ts';

/**
 * What a writer has seen in a head, to be remembered: the file with the shards that were read, and of the tags that it was about what they are.
 * Undefined where no head was trusted.
 */
export async function stateOf(
  base: Base,
  {
    authority,
    judge,
    tags,
    shards,
  }: {
    readonly authority: Authority;
    readonly judge: Judge;
    readonly tags: Iterable<string>;
    readonly shards: ReadonlyMap<Digest, Uint8Array>;
  },
): Promise<TagsState | undefined> {
  const { head, catalogue, isHeads } = base;
  if (head === undefined || catalogue === undefined || !isHeads) return undefined;
  const judged = await judgeFile(head, authority);
  if (judged.kind !== 'trusted') return undefined;
  const { signers } = judged;
  const by = publisherOf(signers);
  const { issuedMs } = catalogue;
  const digests = catalogue.tags.kind === 'sharded' ? catalogue.tags.digests : [];
  const held = digests.flatMap((digest) => {
    const bytes = shards.get(digest);
    return bytes === undefined ? [] : [[digest, bytes] as const];
  });
  const seen = new Map<string, Seen>();
  for (const tag of tags) {
    const item = await seenIn(base, tag, { by, judge });
    if (item !== undefined) seen.set(tag, item);
  }
  return {
    collection: authority.collection,
    newest: { file: head.file, signatures: head.signatures, issuedMs, shards: new Map(held) },
    publishers: new Map([[by, { signers, issuedMs }]]),
    seen,
    revoked: new Map([...catalogue.revoked].map(([digest, each]): [Digest, Revoked] => [digest, revokedBy(each, by)])),
  };
}

/** What a base shows, for the rounds that follow. */
export function recollectionOf({ catalogue, isHeads, bits, read }: Base): Recollection {
  if (catalogue === undefined || !isHeads) return nothingKnown;
  const parts = [...read];
  return {
    isWarm: false,
    issuedMs: catalogue.issuedMs,
    tags: new Map(parts.flatMap(([, { tags }]) => [...tags])),
    floors: parts.map(([index, { floorMs }]) => ({ bits, index, floorMs })),
    revoked: catalogue.revoked,
    newest: catalogue,
    shards: new Map(),
  };
}

async function seenIn(
  base: Base,
  tag: string,
  { by, judge }: { readonly by: string; readonly judge: Judge },
): Promise<Seen | undefined> {
  const item = itemOf(await base.part(indexOf(tag, base.bits)), tag);
  if (item.kind === 'removal')
    return item.atMs === 0 ? undefined : { vouched: new Map(), removed: new Map([[by, item.atMs]]) };
  const { entry } = item;
  if (!(await judge.meetsRule(tag, entry))) return undefined;
  const { issuedMs = 0, expiresMs = 0 } = base.catalogue ?? {};
  return { entry, vouched: new Map([[by, { issuedMs, expiresMs }]]), removed: new Map() };
}

function revokedBy({ atMs, reason }: Revocation, by: string): Revoked {
  return { atMs, reason, by: new Set([by]) };
}
