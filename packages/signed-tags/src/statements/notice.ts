import type { Signer } from '@signet/core';
import type { Digest } from '@signet/oci';
import { type BlobSigner, judgeBlob, type Ruling, signersMeet } from '@signet/verifier';
import * as v from 'valibot';
import type { Revocation, TagStatement } from '../catalogue/content.ts';
import { timeText } from '../catalogue/encode.ts';
import { itemAheadMs } from '../catalogue/limits.ts';
import { digestSchema, readAs, readJson, revocationMembers, textSchema, timeSchema } from '../catalogue/schema.ts';
import { TagsError } from '../errors.ts';
import { signDocument } from '../head/sign-file.ts';
import type { TagQuestion } from './judge.ts';

/** What a signed removal of a tag attests. Rule: signed-tags.md 5.1 "Journal entry". */
export const REMOVAL_TYPE = 'https://signet.dev/tag-removal/v1';
/** What a signed revocation of a digest attests. */
export const REVOCATION_TYPE = 'https://signet.dev/revocation/v1';

/** A short document that removes a tag or revokes a digest, signed as any file is. */
export interface Notice {
  readonly document: Uint8Array;
  readonly signatures: readonly TagStatement[];
}

/** Whose word notices have to be, and about which digest. */
export interface DigestQuestion {
  /** `REGISTRY/REPOSITORY`, folded. */
  readonly collection: string;
  readonly digest: Digest;
  /** The rule that the policy has for `COLLECTION@DIGEST`, and what it refuses. */
  readonly ruling: Ruling;
}

/** Bytes of one document. */
export const maxNoticeBytes = 4096;

/** @throws {EnvelopeError} SIGNATURE_SELF_CHECK; {KeyError} what a signer throws */
export function signRemoval(
  said: { readonly collection: string; readonly tag: string; readonly signedAtMs: number },
  signers: readonly Signer[],
  signal?: AbortSignal,
): Promise<Notice> {
  const { collection, tag, signedAtMs } = said;
  return sign({ _type: REMOVAL_TYPE, collection, tag, signedAt: timeText(signedAtMs) }, signers, signal);
}

/** @throws as {@link signRemoval} */
export function signRevocation(
  said: { readonly collection: string; readonly digest: Digest; readonly reason: string; readonly signedAtMs: number },
  signers: readonly Signer[],
  signal?: AbortSignal,
): Promise<Notice> {
  const { collection, digest, reason, signedAtMs } = said;
  return sign({ _type: REVOCATION_TYPE, collection, digest, reason, signedAt: timeText(signedAtMs) }, signers, signal);
}

/**
 * When these notices removed the tag: the greatest time for which those that are not older meet the rule of the tag, as that of statements is;
 * undefined where all together do not. Milliseconds since 1970 UTC.
 */
export async function timeOfRemoval(
  notices: readonly Notice[],
  { collection, tag, ruling }: TagQuestion,
): Promise<number | undefined> {
  const said = await saidBy(notices, { ruling, predicateType: REMOVAL_TYPE }, (document) => {
    const removal = readAs(removalSchema, document, 'the removal');
    return removal.collection === collection && removal.tag === tag
      ? { atMs: removal.signedAt, reason: '' }
      : undefined;
  });
  return timeOf(said, ruling);
}

/** The revocation that these notices come to, by the rule of the digest; undefined where they do not meet it. */
export async function judgeRevocation(
  notices: readonly Notice[],
  { collection, digest, ruling }: DigestQuestion,
): Promise<Revocation | undefined> {
  const said = await saidBy(notices, { ruling, predicateType: REVOCATION_TYPE }, (document) => {
    const { signedAt, reason, ...about } = readAs(revocationSchema, document, 'the revocation');
    return about.collection === collection && about.digest === digest ? { atMs: signedAt, reason } : undefined;
  });
  const atMs = timeOf(said, ruling);
  if (atMs === undefined) return undefined;
  const reasons = said.filter((each) => each.atMs === atMs).map(({ reason }) => reason);
  return { atMs, reason: reasons.toSorted()[0] ?? '' };
}

/** Whether anybody has signed one of them, to this end, whom the rule knows. */
export async function hasCountingNotice(
  notices: readonly Notice[],
  { predicateType, ruling: { rule, refuse } }: { readonly predicateType: string; readonly ruling: Ruling },
): Promise<boolean> {
  if (rule === undefined) return false;
  for (const { document, signatures } of notices) {
    const { signers } = await judgeBlob({ blob: document, signatures, predicateType, require: rule.require, refuse });
    if (signers.length > 0) return true;
  }
  return false;
}

const removalSchema = v.strictObject({
  _type: v.literal(REMOVAL_TYPE),
  collection: textSchema,
  tag: textSchema,
  signedAt: timeSchema,
});
const revocationSchema = v.strictObject({
  _type: v.literal(REVOCATION_TYPE),
  collection: textSchema,
  digest: digestSchema,
  reason: revocationMembers.reason,
  signedAt: timeSchema,
});

async function sign(
  said: { readonly _type: string; readonly [name: string]: string },
  signers: readonly Signer[],
  signal: AbortSignal | undefined,
): Promise<Notice> {
  const document = Buffer.from(JSON.stringify(said));
  const options = { predicateType: said._type, signers, ...(signal === undefined ? {} : { signal }) };
  return { document, signatures: await signDocument(document, options) };
}

/** What one notice says, and who says it. */
interface Said extends Revocation {
  readonly signers: readonly BlobSigner[];
}

/** Nothing is parsed that nobody who counts has signed to this end. */
async function saidBy(
  notices: readonly Notice[],
  { ruling: { rule, refuse, atMs }, predicateType }: { readonly ruling: Ruling; readonly predicateType: string },
  read: (document: unknown) => Revocation | undefined,
): Promise<readonly Said[]> {
  if (rule === undefined) return [];
  const found: Said[] = [];
  for (const { document, signatures } of notices) {
    const { signers } = await judgeBlob({ blob: document, signatures, predicateType, require: rule.require, refuse });
    const said = signers.length === 0 ? undefined : tryReading(document, read);
    // From the future: it does not exist, and must not stand in the way of those beside it. Rule: signed-tags.md 3.2
    if (said !== undefined && said.atMs <= atMs + itemAheadMs) found.push({ ...said, signers });
  }
  return found;
}

function tryReading(document: Uint8Array, read: (document: unknown) => Revocation | undefined): Revocation | undefined {
  try {
    return read(readJson(document, 'the notice'));
  } catch (error) {
    if (error instanceof TagsError) return undefined; // signed, but no such notice
    throw error;
  }
}

function timeOf(said: readonly Said[], { rule }: Ruling): number | undefined {
  if (rule === undefined) return undefined;
  return [...new Set(said.map(({ atMs }) => atMs))]
    .toSorted((a, b) => b - a)
    .find((atMs) =>
      signersMeet(
        rule.require,
        said.filter((each) => each.atMs >= atMs).flatMap(({ signers }) => signers),
      ),
    );
}
