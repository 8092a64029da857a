import type { Digest } from '@signet/oci';
import { type BlobSigner, signersMeet } from '@signet/verifier';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Content, Revocations, TagState } from '../catalogue/content.ts';
import { withoutFuture } from '../catalogue/future.ts';
import { fileAheadMs } from '../catalogue/limits.ts';
import { mergeContent, mergeRevocations } from '../catalogue/merge.ts';
import { shardContent } from '../head/shards.ts';
import { judgeFile } from '../head/trusted-file.ts';
import type { Publisher, TagsState } from '../state/state.ts';
import type { Authority } from './authority.ts';

/** A floor, and of which shard; `bits` 0: of all tags. */
export interface Floor {
  readonly bits: number;
  readonly index: number;
  readonly floorMs: number;
}

/** What a writer knows from before, as far as it counts under the policy of the day: one more input of a merge. */
export interface Recollection {
  /** Whether it knows of any file. */
  readonly isWarm: boolean;
  /** The greatest `issued` that it knows of, milliseconds since 1970 UTC. */
  readonly issuedMs: number;
  /** Tags of whatever shards, without their floors. */
  readonly tags: ReadonlyMap<string, TagState>;
  readonly floors: readonly Floor[];
  readonly revoked: Revocations;
  /** The newest file, where it is still trusted. */
  readonly newest?: Catalogue;
  /** Bytes of shards. */
  readonly shards: ReadonlyMap<Digest, Uint8Array>;
}

export const nothingKnown: Recollection = {
  isWarm: false,
  issuedMs: 0,
  tags: new Map(),
  floors: [],
  revoked: new Map(),
  shards: new Map(),
};

/**
 * What a state is worth to a writer. What only publishers vouched for who may not sign any more goes; entries stay, whoever signed them: to drop
 * one would bring back the one before it. Rule: signed-tags.md 4.2, 5.1, step 1.
 */
export async function recollect(
  state: TagsState | undefined,
  authority: Authority,
  nowMs: number,
): Promise<Recollection> {
  if (state === undefined) return nothingKnown;
  const publishers = [...state.publishers].filter(([, publisher]) => isTrusted(publisher, authority));
  const trusted = new Set(publishers.map(([name]) => name));
  const file = await newestOf(state, authority, nowMs);
  const shards = state.newest?.shards ?? new Map<Digest, Uint8Array>();
  const parts = file === undefined ? [] : partsOf(file, shards, nowMs);
  const seen: Content = withoutFuture({ floorMs: 0, tags: seenOf(state, trusted) }, nowMs);
  const issued = publishers.map(([, { issuedMs }]) => issuedMs).filter((issuedMs) => issuedMs <= nowMs + fileAheadMs);
  return {
    isWarm: publishers.length > 0,
    issuedMs: Math.max(0, file?.issuedMs ?? 0, ...issued),
    tags: parts.map(({ content }) => ({ ...content, floorMs: 0 })).reduce(mergeContent, seen).tags,
    floors: parts.map(({ bits, index, content: { floorMs } }) => ({ bits, index, floorMs })),
    revoked: new Map([...state.revoked].filter(([, { by }]) => [...by].some((name) => trusted.has(name)))),
    ...(file === undefined ? {} : { newest: file }),
    shards,
  };
}

/** Both together: never less than either. */
export function mergeRecollections(one: Recollection, other: Recollection): Recollection {
  const newest = (one.newest?.issuedMs ?? 0) >= (other.newest?.issuedMs ?? 0) ? one.newest : other.newest;
  return {
    isWarm: one.isWarm || other.isWarm,
    issuedMs: Math.max(one.issuedMs, other.issuedMs),
    tags: mergeContent({ floorMs: 0, tags: one.tags }, { floorMs: 0, tags: other.tags }).tags,
    floors: [...one.floors, ...other.floors],
    revoked: mergeRevocations(one.revoked, other.revoked),
    ...(newest === undefined ? {} : { newest }),
    shards: new Map([...one.shards, ...other.shards]),
  };
}

function isTrusted({ signers }: Publisher, { signedBy, refuse }: Authority): boolean {
  const isRefused = ({ identity }: BlobSigner): boolean => identity.kind === 'key' && refuse.keyIds.has(identity.keyId);
  return signersMeet(
    signedBy,
    signers.filter((signer) => !isRefused(signer)),
  );
}

async function newestOf({ newest }: TagsState, authority: Authority, nowMs: number): Promise<Catalogue | undefined> {
  if (newest === undefined) return undefined;
  const judged = await judgeFile(newest, authority);
  if (judged.kind !== 'trusted' || judged.catalogue.issuedMs > nowMs + fileAheadMs) return undefined;
  return judged.catalogue;
}

interface Part {
  readonly bits: number;
  readonly index: number;
  readonly content: Content;
}

function partsOf(catalogue: Catalogue, shards: ReadonlyMap<Digest, Uint8Array>, nowMs: number): readonly Part[] {
  const { tags } = catalogue;
  if (tags.kind === 'whole') return [{ bits: 0, index: 0, content: withoutFuture(tags.content, nowMs) }];
  return tags.digests.flatMap((digest, index) => {
    const bytes = shards.get(digest);
    if (bytes === undefined) return [];
    return [{ bits: tags.bits, index, content: withoutFuture(shardContent(catalogue, index, bytes), nowMs) }];
  });
}

function seenOf(state: TagsState, trusted: ReadonlySet<string>): ReadonlyMap<string, TagState> {
  const states = new Map<string, TagState>();
  for (const [tag, { entry, removed }] of state.seen) {
    const removedMs = Math.max(0, ...[...removed].filter(([name]) => trusted.has(name)).map(([, atMs]) => atMs));
    const entries = entry === undefined || entry.atMs <= removedMs ? [] : [entry];
    if (entries.length > 0 || removedMs > 0) states.set(tag, { ...(removedMs > 0 ? { removedMs } : {}), entries });
  }
  return states;
}
