import { MEDIA_TYPE_BUNDLE, type Signer, type SignResult, signFormat, signImage } from '@signet/core';
import { type Descriptor, type Digest, formatReference, type RegistryReference, type Store } from '@signet/oci';
import {
  type CountingStatement,
  type Entry,
  type Item,
  isOpenTag,
  type Operation,
  type Revocations,
  type TagStatement,
  TagsError,
  timeOf,
} from '@signet/signed-tags';
import { signerId } from '@signet/verifier';
import { CliError } from '../errors.ts';
import type { Collection } from './collection.ts';
import { countingFor, statementsOnImage } from './image-statements.ts';
import { checkKnown } from './knows-key.ts';
import type { TagNow } from './tags-now.ts';

/** An image that is to be what a tag names. */
export interface TagToSign {
  /** With a tag. */
  readonly reference: RegistryReference & { readonly tag: string };
  readonly store: Store;
  readonly collection: Collection;
  readonly now: TagNow;
  readonly revoked: Revocations;
  readonly signer: Signer;
  /** Signs although the tag is this already, by this signer. */
  readonly again: boolean;
  /** Lets the tag go back to what it has left. */
  readonly rollback: boolean;
  readonly recursive: boolean;
  readonly annotations: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** The same where it is only looked: without a signer it is not known whose signature would be there. */
export interface TagToPlan extends Omit<TagToSign, 'signer'> {
  readonly signer?: Pick<Signer, 'publicKey'>;
}

/** What came of it, before anything is published. */
export type SignedForTag =
  | { readonly kind: 'current'; readonly entry: Entry }
  | {
      readonly kind: 'signed';
      readonly results: readonly SignResult[];
      readonly operation: Extract<Operation, { kind: 'sign' }>;
      /** Of the signer's own statement, milliseconds since 1970 UTC. */
      readonly signedAtMs: number;
    };

/** Statements of one journal entry, and how far ahead their times may be, milliseconds. Rule: signed-tags.md 3.2. */
const maxStatements = 8;
const maxAheadMs = 10 * 60_000;

/** What would be done. `held`: the tag is this already, and it depends on the key whether it has signed that. */
export interface WouldSign {
  readonly outcome: 'sign' | 'nothing' | 'held';
  readonly digest: Digest;
}

/**
 * Signs an image for a tag, unless the tag is it already. A statement of the signer that is newer than what the tag is serves again.
 * @throws {CliError} DIGEST_LEFT, SIGNATURES_UNREAD; {TagsError} OPERATION_REFUSED; what signing throws
 */
export async function signForTag(to: TagToSign): Promise<SignedForTag> {
  const judged = await judge(to);
  if (judged.kind === 'current') return judged;
  const { reference, signer, now, collection } = to;
  const { descriptor, found, own } = judged;
  const isServing = !to.again && found.some((each) => each.signer === own && serves(each, now.item));
  const results = await signImage({
    store: to.store,
    reference: { ...reference, digest: descriptor.digest },
    format: signFormat('sigstore'),
    signedReference: `${collection.name}:${reference.tag}`,
    signedAtMs: Math.max(Date.now(), timeOf(now.item) + 1),
    annotations: to.annotations,
    recursive: to.recursive,
    signer,
    force: !isServing,
    signal: to.signal,
  });
  const about = { digest: descriptor.digest, tag: reference.tag, collection };
  const all = await countingFor([...madeBy(results[0]), ...found.map(({ statement }) => statement)], about);
  const newest = newestOfEach(all);
  const ownOne = newest.find((each) => each.signer === own);
  if (ownOne === undefined)
    throw refused(to, 'what was signed does not count: the rule wants annotations, or a form, that it does not have');
  const others = newest.filter((each) => each !== ownOne && (judged.isHeld || serves(each, now.item)));
  const statements = [ownOne, ...others].slice(0, maxStatements).map(({ statement }) => statement);
  const { mediaType, digest, size } = descriptor;
  const operation = { kind: 'sign', tag: reference.tag, digest, mediaType, size, statements } as const;
  return { kind: 'signed', results, operation, signedAtMs: ownOne.atMs };
}

/** The same, but that nothing is signed. @throws as {@link signForTag} */
export async function wouldSign(to: TagToPlan): Promise<WouldSign> {
  const judged = await judge(to);
  if (judged.kind === 'current') return { outcome: 'nothing', digest: judged.entry.digest };
  const isHeld = to.signer === undefined && judged.isHeld && !to.again;
  return { outcome: isHeld ? 'held' : 'sign', digest: judged.descriptor.digest };
}

type Judged =
  | Extract<SignedForTag, { kind: 'current' }>
  | {
      readonly kind: 'open';
      readonly descriptor: Descriptor;
      /** Whether the tag is this image now. */
      readonly isHeld: boolean;
      readonly found: readonly CountingStatement[];
      /** The signer, as statements name him; undefined without one. */
      readonly own: string | undefined;
    };

/** Whether there is anything to sign, and whether it may be. */
async function judge(to: TagToPlan): Promise<Judged> {
  const { reference, store, signer, now, signal } = to;
  if (!isOpenTag(reference.tag)) throw refused(to, 'this tag is reserved for the catalogue');
  checkKnown(`${to.collection.name}:${reference.tag}`, to.collection.rulingOfTag(reference.tag), signer?.publicKey);
  const { descriptor } = await store.resolve(reference.digest ?? reference.tag, { signal });
  const revocation = to.revoked.get(descriptor.digest);
  if (revocation !== undefined) throw refused(to, `${descriptor.digest} is revoked: ${revocation.reason}`);
  const about = { digest: descriptor.digest, tag: reference.tag, collection: to.collection };
  const own = signer && `sigstore ${signerId({ kind: 'key', keyId: signer.publicKey.id })}`;
  const { item } = now;
  const current = item.kind === 'entry' && item.entry.digest === descriptor.digest ? item.entry : undefined;
  if (current !== undefined && !to.again) {
    const held = await countingFor(current.statements, about);
    if (held.some((each) => each.signer === own)) return { kind: 'current', entry: current };
  }
  const found = await statementsOnImage({ ...about, source: store, repository: reference, signal });
  if (current === undefined && !to.rollback) checkNotLeft(to, descriptor, found);
  return { kind: 'open', descriptor, isHeld: current !== undefined, found, own };
}

/** A tag that has gone on from a digest: a repeated job of an old build, or a late co-signer, does not set it back. Rule: signed-tags.md 5.3 */
function checkNotLeft(
  { reference, now }: TagToPlan,
  { digest }: Descriptor,
  found: readonly CountingStatement[],
): void {
  const isLeft = now.was.some((entry) => entry.digest === digest) || found.some(({ atMs }) => atMs <= timeOf(now.item));
  if (!isLeft) return;
  const what = now.item.kind === 'entry' ? `it is ${now.item.entry.digest}` : 'it was removed';
  throw new CliError(
    'DIGEST_LEFT',
    `${formatReference(reference)} has been ${digest} before, and has gone on: ${what} since ${new Date(timeOf(now.item)).toISOString()}`,
    { hint: 'where the tag is really to go back: --rollback' },
  );
}

/** Newer than what the tag is now, and not of a time that is to come. */
function serves({ atMs }: CountingStatement, item: Item): boolean {
  return atMs > timeOf(item) && atMs <= Date.now() + maxAheadMs;
}

function madeBy(result: SignResult | undefined): readonly TagStatement[] {
  return result?.outcome === 'new' ? [{ mediaType: MEDIA_TYPE_BUNDLE, bytes: result.artifact.envelope }] : [];
}

/** Of each signer the newest, newest first. */
function newestOfEach(statements: readonly CountingStatement[]): readonly CountingStatement[] {
  const sorted = statements.toSorted((a, b) => a.atMs - b.atMs);
  return [...new Map(sorted.map((each) => [each.signer, each])).values()].toReversed();
}

function refused({ collection, reference }: TagToPlan, why: string): TagsError {
  return new TagsError('OPERATION_REFUSED', `${collection.name}:${reference.tag}: ${why}`);
}
