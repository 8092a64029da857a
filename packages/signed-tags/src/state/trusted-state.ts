import type { Digest, Resolved } from '@signet/oci';
import { type BlobSigner, type Refusals, type Requirement, signersMeet } from '@signet/verifier';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { compareItems, type Item, type Revocations } from '../catalogue/content.ts';
import { itemAheadMs } from '../catalogue/limits.ts';
import type { SignedFile } from '../catalogue/signed-file.ts';
import { type FileJudgement, judgeFile } from '../head/trusted-file.ts';
import type { Publisher, Revoked, StoredFile, TagsState, Vouched } from './state.ts';

/** A catalogue whose signature holds under the policy of the day. */
export interface TrustedFile {
  readonly source: 'registry' | 'cache';
  readonly catalogue: Catalogue;
  readonly signers: readonly BlobSigner[];
  readonly signed: SignedFile;
  /** What it was read from. */
  readonly manifest?: Resolved;
  /** Those of its shards that are at hand. */
  readonly shards: ReadonlyMap<Digest, Uint8Array>;
}

/** What counts of a state under the policy of the day. Rule: signed-tags.md 4.2. */
export interface TrustedState {
  readonly file?: TrustedFile;
  /** Greatest `issued` of those who may sign, milliseconds since 1970 UTC; 0: there is none. */
  readonly issuedMs: number;
  readonly revoked: Revocations;
  /** What the tag cannot be less than. */
  readonly boundOf: (tag: string) => Bound | undefined;
  /** Tags that were last seen to name this digest. */
  readonly tagsOf: (digest: Digest) => readonly string[];
}

/** The greatest item that was seen of a tag. */
export interface Bound {
  readonly item: Item;
  /** Files of those who may sign that held it; none for a removal. */
  readonly vouched: readonly Vouched[];
}

/** Whose word counts, and when. */
export interface StateQuestion {
  readonly collection: string;
  readonly signedBy: Requirement;
  readonly refuse: Refusals;
  readonly nowMs: number;
}

/**
 * What counts of a state: its file if its signature holds, and of `issued`, removals and revocations what some publisher vouched for who may
 * still sign. Entries that were seen stay in any case, as what a tag cannot be less than: the tag's own signers proved them. What is later than
 * now does not exist.
 */
export async function trustState(state: TagsState, question: StateQuestion): Promise<TrustedState> {
  const { signedBy, refuse, nowMs } = question;
  const trusted = new Set<string>();
  for (const [id, publisher] of state.publishers) if (mayPublish(publisher, signedBy, refuse)) trusted.add(id);
  const issued = [...state.publishers].flatMap(([id, { issuedMs }]) => (trusted.has(id) ? [issuedMs] : []));
  const file = state.newest === undefined ? undefined : await trustStored(state.newest, question);
  return {
    ...(file === undefined ? {} : { file }),
    issuedMs: Math.max(0, file?.catalogue.issuedMs ?? 0, ...issued),
    revoked: new Map([...state.revoked].filter(([, revoked]) => isVouched(revoked, trusted))),
    boundOf: (tag) => boundOf(state, tag, { trusted, latestMs: nowMs + itemAheadMs }),
    tagsOf: (digest) => [...state.seen].flatMap(([tag, { entry }]) => (entry?.digest === digest ? [tag] : [])),
  };
}

/** The state of who has seen nothing. */
export const nothingSeen: TrustedState = {
  issuedMs: 0,
  revoked: new Map(),
  boundOf: () => undefined,
  tagsOf: () => [],
};

function mayPublish({ signers }: Publisher, signedBy: Requirement, { keyIds }: Refusals): boolean {
  const allowed = signers.filter(({ identity }) => identity.kind !== 'key' || !keyIds.has(identity.keyId));
  return signersMeet(signedBy, allowed);
}

async function trustStored(stored: StoredFile, question: StateQuestion): Promise<TrustedFile | undefined> {
  const judged: FileJudgement = await judgeFile(stored, question);
  if (judged.kind === 'refused') return undefined;
  const { catalogue, signers } = judged;
  const { file, signatures, manifest, shards } = stored;
  return {
    source: 'cache',
    catalogue,
    signers,
    signed: { file, signatures },
    ...(manifest === undefined ? {} : { manifest }),
    shards,
  };
}

function isVouched({ by }: Revoked, trusted: ReadonlySet<string>): boolean {
  return [...by].some((id) => trusted.has(id));
}

function boundOf(
  { seen }: TagsState,
  tag: string,
  { trusted, latestMs }: { readonly trusted: ReadonlySet<string>; readonly latestMs: number },
): Bound | undefined {
  const { entry, vouched, removed } = seen.get(tag) ?? { vouched: new Map(), removed: new Map() };
  const bounds: Bound[] = [...removed].flatMap(([id, atMs]) =>
    trusted.has(id) && atMs <= latestMs ? [{ item: { kind: 'removal', atMs }, vouched: [] }] : [],
  );
  if (entry !== undefined && entry.atMs <= latestMs) {
    const own = [...vouched].flatMap(([id, each]) => (trusted.has(id) ? [each] : []));
    bounds.push({ item: { kind: 'entry', entry }, vouched: own });
  }
  return bounds.toSorted((a, b) => compareItems(b.item, a.item))[0];
}
