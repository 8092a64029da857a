import { checkSigned } from '../asn1/signed-data.ts';
import { orUnusable, timeOf, unusable } from '../asn1/structure.ts';
import type { Certificate } from '../x509/certificate.ts';
import { type Revocation, type RevocationAnswer, toRevoked, unknown } from './answer.ts';
import { findEntries } from './crl-entries.ts';
import { type CrlFields, crlNumberOf, parseCrl } from './crl-fields.ts';
import { checkScope, freshestUrls } from './crl-scope.ts';
import { type AnswerExtensions, extensionIds, readAnswerExtensions } from './extensions.ts';
import { maxSkewMs, type RevocationQuestion } from './read-ocsp.ts';

/** A list whose signature, issuer, scope and times were checked. Times are milliseconds since 1970 UTC. */
export interface Crl {
  readonly nextUpdateMs: number;
  readonly number?: bigint;
  /** Of a delta: the number of the list that it goes on from. */
  readonly deltaFrom?: bigint;
  /** Where its delta is; the first that gives one is enough. */
  readonly freshestUrls: readonly string[];
  /** The issuing distribution point, DER as hex: that of a delta is its base's. */
  readonly scope: string;
  /** Content of the list of entries. */
  readonly entries: Uint8Array;
}

/** A list, or why it is of no use. */
export type CrlReading = { readonly crl: Crl } | { readonly unusable: string };

/**
 * Reads a base list, or a delta: signed by the issuer, who may sign lists; nextUpdate there and not past; no critical extension that is not
 * known. Never throws for what is wrong with the bytes. Rule: wire-formats 9.6; RFC 5280, 6.3.3.
 */
export function readCrl(bytes: Uint8Array, kind: 'base' | 'delta', question: RevocationQuestion): CrlReading {
  return orUnusable<CrlReading>(
    () => ({ crl: crlOf(parseCrl(bytes), kind, question) }),
    (why) => ({ unusable: why }),
  );
}

/**
 * What a base list, with its delta where it has one, says of a certificate. A hold counts as revoked until a delta lifts it.
 * Rule: wire-formats 9.6.
 */
export function answerByCrl(base: Crl, delta: Crl | undefined, question: RevocationQuestion): RevocationAnswer {
  const why = delta && misfit(base, delta);
  if (why !== undefined) return unknown(`the delta CRL is of no use: ${why}`);
  return orUnusable<RevocationAnswer>(
    () => statusOf(base, delta, question),
    (problem) => unknown(`the CRL is of no use: ${problem}`),
  );
}

const known = [extensionIds.crlNumber, extensionIds.distributionPoint, extensionIds.freshestCrl];

function crlOf(fields: CrlFields, kind: 'base' | 'delta', question: RevocationQuestion): Crl {
  const { certificate, issuer, atMs } = question;
  checkIssuer(fields, certificate, issuer);
  checkSigned(fields.signed, issuer, 'the issuer, or of a responder of the issuer');
  const nextUpdateMs = checkTimes(fields, atMs);
  const allowed = [...known, ...(kind === 'delta' ? [extensionIds.deltaIndicator] : [])];
  const extensions = readAnswerExtensions(fields.extensions, allowed, 'the list');
  const point = extensions.get(extensionIds.distributionPoint);
  if (point !== undefined) checkScope(point, certificate);
  return {
    nextUpdateMs,
    ...numbersOf(extensions, kind),
    freshestUrls: kind === 'base' ? freshestUrls(extensions.get(extensionIds.freshestCrl)) : [],
    scope: Buffer.from(point?.whole ?? []).toString('hex'),
    entries: fields.entries,
  };
}

function checkIssuer({ issuer: name }: CrlFields, certificate: Certificate, issuer: Certificate): void {
  const isOwn = Buffer.compare(name, issuer.subjectBytes) === 0 && Buffer.compare(name, certificate.issuerBytes) === 0;
  if (!isOwn) throw unusable('it is the list of another issuer');
  if (issuer.keyUsage?.bits.has('cRLSign') === false) throw unusable('its issuer may not sign lists');
}

function checkTimes({ thisUpdate, nextUpdate }: CrlFields, atMs: number): number {
  if (!(timeOf(thisUpdate, 'thisUpdate') <= atMs + maxSkewMs)) throw unusable('it is from the future');
  if (nextUpdate === undefined) throw unusable('it does not say until when it holds');
  const nextUpdateMs = timeOf(nextUpdate, 'nextUpdate');
  if (!(atMs <= nextUpdateMs)) throw unusable('it is stale: nextUpdate is past');
  return nextUpdateMs;
}

function numbersOf(extensions: AnswerExtensions, kind: 'base' | 'delta'): Pick<Crl, 'number' | 'deltaFrom'> {
  const number = extensions.get(extensionIds.crlNumber);
  const from = extensions.get(extensionIds.deltaIndicator);
  if (kind === 'delta' && (number === undefined || from === undefined)) throw unusable('it is no delta');
  return {
    ...(number && { number: crlNumberOf(number, 'its number') }),
    ...(from && { deltaFrom: crlNumberOf(from, 'the number of its base') }),
  };
}

/** Why a delta does not go on from a base; undefined where it does. Rule: RFC 5280, 6.3.3 (c). */
function misfit(base: Crl, delta: Crl): string | undefined {
  if (base.number === undefined) return 'the base has no number';
  if (delta.number === undefined || delta.deltaFrom === undefined) return 'it is no delta';
  if (delta.scope !== base.scope) return 'it is for other certificates than the base';
  if (delta.deltaFrom > base.number) return `it goes on from list ${delta.deltaFrom}, the base is ${base.number}`;
  return delta.number > base.number ? undefined : `its number, ${delta.number}, is not above ${base.number}`;
}

function statusOf(
  base: Crl,
  delta: Crl | undefined,
  { certificate, signedAtMs }: RevocationQuestion,
): RevocationAnswer {
  const serial = Buffer.from(certificate.serialNumber, 'hex');
  const before = findEntries(base.entries, serial);
  if (before.some(({ reason }) => reason === 'removeFromCRL')) throw unusable('a base list has an entry of a delta');
  const later = delta === undefined ? [] : findEntries(delta.entries, serial);
  const all = [...before, ...later].map((entry) => ({ entry, answer: toRevoked(entry, signedAtMs) }));
  const final = all.find(({ entry, answer }) => !isPassing(entry) && answer.status === 'revoked');
  // What was there last decides on what may pass; the delta is the later one.
  const held = all.filter(({ entry }) => isPassing(entry)).at(-1);
  if (final !== undefined) return final.answer;
  if (held?.entry.reason === 'certificateHold') return held.answer;
  return all[0] !== undefined && held === undefined
    ? all[0].answer
    : { status: 'good', message: held === undefined ? 'the list does not name it' : 'a hold was lifted by the delta' };
}

function isPassing({ reason }: Revocation): boolean {
  return reason === 'certificateHold' || reason === 'removeFromCRL';
}
