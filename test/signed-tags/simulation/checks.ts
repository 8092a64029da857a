import type { Digest } from '@signet/oci';
import { type Catalogue, type Content, itemOf } from '@signet/signed-tags';
import type { TrustedAnswer } from '@signet/verifier';
import { type Claim, comparePlaces, type Place, placeName, provenAt } from './ledger.ts';
import type { Person } from './people.ts';
import { imageName, type Terms } from './policies.ts';

/** What was promised to somebody. */
export type Promised =
  | { readonly kind: 'place'; readonly tag: string; readonly place: Place; readonly to: string }
  | { readonly kind: 'revocation'; readonly digest: Digest; readonly to: string };

/** An answer that a reader got. */
export interface Answered {
  readonly reader: string;
  readonly tag: string;
  readonly answer: TrustedAnswer;
  /** In force when it asked. */
  readonly terms: Terms;
}

/** A catalogue that was the head once. */
export interface PastHead {
  readonly catalogue: Catalogue;
  readonly signedBy: readonly Person[];
}

/** Holds what happens in a world against what the specification promises. */
export interface Checks {
  readonly claims: Claim[];
  readonly promises: Promised[];
  readonly heads: PastHead[];
  /** @throws {Violation} */
  readonly checkAnswer: (answered: Answered) => void;
  /** What the reader has answered of this tag, where it has. */
  readonly lastPlace: (reader: string, tag: string) => Place | undefined;
}

/** A promise of the specification is broken. */
export class Violation extends Error {
  override readonly name = 'Violation';
}

/** What a reader must not fall behind. */
interface Known {
  readonly places: Map<string, Place>;
  /** With those whose catalogues said so: who is not trusted any more has said nothing. */
  readonly revoked: Map<Digest, Set<Person>>;
}

export function createChecks(): Checks {
  const readers = new Map<string, Known>();
  const claims: Claim[] = [];
  const heads: PastHead[] = [];
  const knownTo = (reader: string): Known => {
    const known = readers.get(reader) ?? { places: new Map(), revoked: new Map() };
    readers.set(reader, known);
    return known;
  };
  return {
    claims,
    promises: [],
    heads,
    lastPlace: (reader, tag) => readers.get(reader)?.places.get(tag),
    checkAnswer(answered) {
      const { reader, answer, tag } = answered;
      const known = knownTo(reader);
      noteRevoked(answered, heads, known);
      if (answer.kind !== 'trusted') return;
      checkProven(answered, claims);
      checkNotRevoked(answered, known);
      if (answer.facts.superseded === true) return;
      const place = placeOf(answer);
      checkNotLower(answered, place, known.places.get(tag));
      if (answer.facts.stateSaved !== false) known.places.set(tag, place);
    },
  };
}

/**
 * Everything that was promised is in this catalogue, or what is greater. Revocations that a thief of the catalogue's key could have made up go
 * with the key: `isRecovered`. @throws {Violation}
 */
export function checkPromises(
  promises: readonly Promised[],
  catalogue: Catalogue,
  { isRecovered }: { readonly isRecovered: boolean },
): void {
  const content = contentOf(catalogue);
  for (const promised of promises) {
    if (promised.kind === 'revocation') {
      if (!isRecovered && !catalogue.revoked.has(promised.digest))
        throw new Violation(`${promised.to}: the revocation of ${imageName(promised.digest)} is lost`);
      continue;
    }
    const now = placeIn(content, promised.tag);
    if (comparePlaces(now, promised.place) < 0)
      throw new Violation(
        `${promised.to}: ${promised.tag} is ${placeName(promised.place)} was acknowledged and is lost, it is ${placeName(now)}`,
      );
  }
}

/** Small catalogues are not sharded. */
export function contentOf({ tags }: Catalogue): Content {
  if (tags.kind === 'sharded') throw new Violation('the catalogue is sharded');
  return tags.content;
}

export function placeIn(content: Content, tag: string): Place {
  const item = itemOf(content, tag);
  return item.kind === 'entry'
    ? { atMs: item.entry.atMs, digest: item.entry.digest }
    : { atMs: item.atMs, digest: undefined };
}

type Trusted = Extract<TrustedAnswer, { readonly kind: 'trusted' }>;

function placeOf({ digest, facts }: Trusted): Place {
  if (facts.atMs === undefined) throw new Violation('a trusted answer does not say of which time it is');
  return { atMs: facts.atMs, digest };
}

/** Nobody answers what the tag's own signers have not signed, nor as newer than they have. */
function checkProven({ reader, tag, answer, terms }: Answered, claims: readonly Claim[]): void {
  if (answer.kind !== 'trusted') return;
  const atMs = provenAt(claims, { tag, digest: answer.digest }, terms);
  if (atMs === undefined)
    throw new Violation(
      `${reader}: ${tag} is ${imageName(answer.digest)}, which too few of ${terms.signers} have signed`,
    );
  if (answer.facts.superseded !== true && placeOf(answer).atMs > atMs)
    throw new Violation(
      `${reader}: ${tag} is ${placeName(placeOf(answer))}, but was signed at ${new Date(atMs).toISOString()}`,
    );
}

function checkNotRevoked({ reader, tag, answer, terms }: Answered, { revoked }: Known): void {
  if (answer.kind !== 'trusted') return;
  const sayers = revoked.get(answer.digest) ?? new Set<Person>();
  if (terms.publishers.some((person) => sayers.has(person)))
    throw new Violation(`${reader}: ${tag} is ${imageName(answer.digest)}, which it knows as revoked`);
}

function checkNotLower({ reader, tag }: Answered, place: Place, before: Place | undefined): void {
  if (before !== undefined && comparePlaces(place, before) < 0)
    throw new Violation(`${reader}: ${tag} was ${placeName(before)}, and now is ${placeName(place)}`);
}

/** The answer rests on this file: what it revokes the reader knows from now on. */
function noteRevoked({ answer, terms }: Answered, heads: readonly PastHead[], { revoked }: Known): void {
  const { issuedMs, source, stateSaved } = answer.facts;
  if (source !== 'registry' || stateSaved === false) return;
  const read = heads.filter(({ catalogue }) => catalogue.issuedMs === issuedMs);
  for (const { catalogue, signedBy } of read.length === 1 ? read : [])
    for (const digest of catalogue.revoked.keys()) {
      const sayers = revoked.get(digest) ?? new Set();
      for (const person of signedBy) if (terms.publishers.includes(person)) sayers.add(person);
      revoked.set(digest, sayers);
    }
}
