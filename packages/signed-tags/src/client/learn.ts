import type { Digest } from '@signet/oci';
import type { Item } from '../catalogue/content.ts';
import { emptyState, publisherOf, type Seen, type TagsState } from '../state/state.ts';
import type { TrustedFile, TrustedState } from '../state/trusted-state.ts';

/**
 * What is to be remembered of a trusted file: itself, when it was issued, what it revokes, and the items that were proven. Rule: signed-tags.md
 * 4.1, step 8.
 */
export function learnt(file: TrustedFile, items: ReadonlyMap<string, Item>): TagsState {
  const { catalogue, signed, manifest, signers, shards } = file;
  const { collection, issuedMs, expiresMs, revoked } = catalogue;
  const id = publisherOf(signers);
  return {
    ...emptyState(collection),
    newest: { ...signed, issuedMs, ...(manifest === undefined ? {} : { manifest }), shards },
    publishers: new Map([[id, { signers, issuedMs }]]),
    seen: new Map([...items].map(([tag, item]) => [tag, seenOf(item, id, { issuedMs, expiresMs })])),
    revoked: new Map([...revoked].map(([digest, each]) => [digest, { ...each, by: new Set([id]) }])),
  };
}

/** The shards that the file names, of those that are at hand. */
export function shardsAtHand(
  { tags }: TrustedFile['catalogue'],
  { file }: TrustedState,
): ReadonlyMap<Digest, Uint8Array> {
  if (tags.kind === 'whole' || file === undefined) return new Map();
  const named = new Set(tags.digests);
  return new Map([...file.shards].filter(([digest]) => named.has(digest)));
}

function seenOf(item: Item, id: string, file: { readonly issuedMs: number; readonly expiresMs: number }): Seen {
  if (item.kind === 'removal') return { vouched: new Map(), removed: new Map([[id, item.atMs]]) };
  return { entry: item.entry, vouched: new Map([[id, file]]), removed: new Map() };
}
