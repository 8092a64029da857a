import type { Digest } from '@signet/oci';
import { type Catalogue, type Content, itemOf } from '@signet/signed-tags';
import type { TrustedAnswer } from '@signet/verifier';
import { type Claim, comparePlaces, type Place, placeName, provenAt } from './ledger.ts';
import type { Person } from './people.ts';
import { imageName, type Terms } from './policies.ts';

/** What was promised to somebody. */
export type Promised = (
  | { readonly kind: 'place'; readonly tag: string; readonly place: Place }
  | { readonly kind: 'revocation'; readonly digest: Digest; readonly atMs: number }
) & {
  readonly to: string;
  /** In force when it was: what is recorded alone counts under the policy of who publishes it. */
  readonly terms: Terms;
  readonly isInHead: boolean;
};

/** An answer that a reader got. */
export interface Answered {
  readonly reader: string;
  readonly tag: string;
  readonly answer: TrustedAnswer;
  /** In force when it asked. */
  readonly terms: Terms;
  /** What the reader knew when it asked: of two that run side by side neither is behind the other. */
  readonly before: Known;
}

/** A catalogue that was the head once. */
export interface PastHead {
  /** Of its manifest. */
  readonly digest: Digest;
  readonly file: Uint8Array;
  /** The process that wrote it. */
  readonly who: string;
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
  /** What this reader must not fall behind from now on. */
  readonly knownTo: (reader: string) => Known;
}

/** A promise of the specification is broken. */
export class Violation extends Error {
  override readonly name = 'Violation';
}

/** What a reader must not fall behind. */
export interface Known {
  readonly places: ReadonlyMap<string, Place>;
  /** With those whose catalogues said so: who is not trusted any more has said nothing. */
  readonly revoked: ReadonlyMap<Digest, ReadonlySet<Person>>;
  /** The greatest that a catalogue it read has shown of each tag: what it may deny what is less than. */
  readonly shown: ReadonlyMap<string, Place>;
}

export function createChecks(): Checks {
  const readers = new Map<string, Known>();
  const claims: Claim[] = [];
  const heads: PastHead[] = [];
  const knownTo = (reader: string): Known =>
    readers.get(reader) ?? { places: new Map(), revoked: new Map(), shown: new Map() };
  return {
    claims,
    promises: [],
    heads,
    knownTo,
    checkAnswer(answered) {
      const { reader, answer, tag, before } = answered;
      const revoked = withRevoked(answered, heads, before.revoked);
      if (answer.kind === 'trusted') {
        checkProven(answered, claims);
        checkNotRevoked(answered, revoked);
      }
      const { places, ...known } = knownTo(reader);
      const isSaved = answer.facts.stateSaved !== false;
      const now = new Map(places);
      if (answer.kind === 'trusted' && answer.facts.superseded !== true) {
        const place = placeOf(answer);
        checkNotLower(answered, place);
        const last = places.get(tag);
        if (isSaved && (last === undefined || comparePlaces(place, last) > 0)) now.set(tag, place);
      }
      readers.set(reader, {
        places: now,
        revoked: isSaved ? withRevoked(answered, heads, known.revoked) : known.revoked,
        shown: withShown(answered, heads, known.shown),
      });
    },
  };
}

/** Everything that was promised is in this catalogue, or what is greater. @throws {Violation} */
export function checkPromises(promises: readonly Promised[], catalogue: Catalogue): void {
  const content = contentOf(catalogue);
  for (const promised of promises) {
    if (promised.kind === 'revocation') {
      if (!catalogue.revoked.has(promised.digest))
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

/** What a catalogue has shown once is not lost either: whoever has seen it would be denied for good. @throws {Violation} */
export function checkShown(heads: readonly PastHead[], catalogue: Catalogue): void {
  const content = contentOf(catalogue);
  for (const head of heads) {
    const shown = contentOf(head.catalogue);
    for (const tag of shown.tags.keys()) {
      const [before, now] = [placeIn(shown, tag), placeIn(content, tag)];
      if (comparePlaces(now, before) < 0)
        throw new Violation(
          `${head.who} has shown that ${tag} is ${placeName(before)}, and it is lost: ${placeName(now)}`,
        );
    }
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

function checkNotRevoked({ reader, tag, answer, terms }: Answered, revoked: Known['revoked']): void {
  if (answer.kind !== 'trusted') return;
  const sayers = revoked.get(answer.digest) ?? new Set<Person>();
  if (terms.publishers.some((person) => sayers.has(person)))
    throw new Violation(`${reader}: ${tag} is ${imageName(answer.digest)}, which it knows as revoked`);
}

function checkNotLower({ reader, tag, before }: Answered, place: Place): void {
  const last = before.places.get(tag);
  if (last !== undefined && comparePlaces(place, last) < 0)
    throw new Violation(`${reader}: ${tag} was ${placeName(last)}, and now is ${placeName(place)}`);
}

/** The answer rests on this file: what it shows of the tag the reader may hold against what is less from now on. */
function withShown({ answer, tag }: Answered, heads: readonly PastHead[], shown: Known['shown']): Known['shown'] {
  const read = heads.filter(({ catalogue }) => catalogue.issuedMs === answer.facts.issuedMs);
  const places = read.map(({ catalogue }) => placeIn(contentOf(catalogue), tag));
  const greatest = [...places, shown.get(tag) ?? []].flat().toSorted(comparePlaces).at(-1);
  return greatest === undefined ? shown : new Map([...shown, [tag, greatest]]);
}

/** The answer rests on this file: what it revokes the reader knows from now on. */
function withRevoked(
  { answer, terms }: Answered,
  heads: readonly PastHead[],
  known: Known['revoked'],
): Known['revoked'] {
  const { issuedMs, source } = answer.facts;
  const read = heads.filter(({ catalogue }) => catalogue.issuedMs === issuedMs);
  const [head] = read;
  if (source !== 'registry' || head === undefined || read.length > 1) return known;
  const sayers = head.signedBy.filter((person) => terms.publishers.includes(person));
  const own = [...head.catalogue.revoked.keys()].map(
    (digest) => [digest, new Set([...(known.get(digest) ?? []), ...sayers])] as const,
  );
  return new Map([...known, ...own]);
}
