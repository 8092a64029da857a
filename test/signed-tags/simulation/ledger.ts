import type { Digest } from '@signet/oci';
import type { Notice, TagStatement } from '@signet/signed-tags';
import type { Person } from './people.ts';
import { imageName, neededFor, type Terms } from './policies.ts';

/** A statement that was made: by its owner, or by a thief of the key. */
export interface Claim {
  readonly by: Person;
  readonly tag: string;
  readonly digest: Digest;
  readonly atMs: number;
}

/** One signature of somebody, wherever it lies. */
export interface Signature<T> {
  readonly by: Person;
  readonly atMs: number;
  readonly evidence: T;
}

/** What was signed for a subject so far, whoever signed it: a second signer finds what the first has left on the image. */
export interface Left {
  readonly statements: Map<string, (Claim & Signature<TagStatement>)[]>;
  readonly notices: Map<string, Signature<Notice>[]>;
}

/** What a tag is, or was said to be: as the specification orders it, told apart from what the code under test makes of it. */
export interface Place {
  readonly atMs: number;
  /** Undefined: removed. */
  readonly digest: Digest | undefined;
}

/** Rule: signed-tags.md 3.2 "Order of two items". */
export function comparePlaces(one: Place, other: Place): number {
  if (one.atMs !== other.atMs) return one.atMs - other.atMs;
  if (one.digest === undefined || other.digest === undefined)
    return Number(one.digest === undefined) - Number(other.digest === undefined);
  return one.digest < other.digest ? -1 : Number(one.digest > other.digest);
}

/** For a trace. */
export function placeName({ atMs, digest }: Place): string {
  const at = atMs > 0 ? new Date(atMs).toISOString() : 'ever';
  return digest === undefined ? `removed at ${at}` : `${imageName(digest)} at ${at}`;
}

/**
 * The greatest time for which the claims that are not older are by as many signers as the tag needs; undefined where they never are: what the
 * place of this image can be at most, whatever a thief does. Rule: signed-tags.md 3.2 "at"
 */
export function provenAt(
  claims: readonly Claim[],
  { tag, digest }: Pick<Claim, 'tag' | 'digest'>,
  terms: Terms,
): number | undefined {
  const own = claims.filter((claim) => claim.tag === tag && claim.digest === digest);
  return timeOfSignatures(own, neededFor(tag), terms);
}

/** The same of signatures about one thing, `needed` of which have to be of different signers. */
export function timeOfSignatures(
  signatures: readonly Pick<Signature<unknown>, 'by' | 'atMs'>[],
  needed: number,
  terms: Terms,
): number | undefined {
  const latest = terms.signers.flatMap((person) => {
    const times = signatures.filter(({ by }) => by === person).map(({ atMs }) => atMs);
    return times.length === 0 ? [] : [Math.max(...times)];
  });
  return latest.toSorted((a, b) => b - a)[needed - 1];
}
