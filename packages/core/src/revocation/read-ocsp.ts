import { checkSigned } from '../asn1/signed-data.ts';
import { enumeratedOf, expect, innerOf, objectIdOf, orUnusable, partsOf, timeOf, unusable } from '../asn1/structure.ts';
import { type DerElement, TAG } from '../keys/der.ts';
import type { Certificate } from '../x509/certificate.ts';
import { type RevocationAnswer, reasonOf, toRevoked, unknown } from './answer.ts';
import { certificateId, type IdHash } from './certificate-id.ts';
import { extensionIds, readAnswerExtensions, readReasonAndDate } from './extensions.ts';
import { responderOf } from './ocsp-responder.ts';
import { parseOcspResponse } from './ocsp-response.ts';

/** What a response is judged by. Times are milliseconds since 1970 UTC. */
export interface RevocationQuestion {
  readonly certificate: Certificate;
  /** Its chain is checked before. */
  readonly issuer: Certificate;
  readonly atMs: number;
  /** The authentic signing time, of the scheme signingAuthority alone. */
  readonly signedAtMs?: number | undefined;
}

/** How far the clocks of responder and machine may lie apart. */
export const maxSkewMs = 300_000;

/**
 * What an OCSP response says of a certificate. Never throws for what is wrong with the bytes: that is `unknown`. Without a nextUpdate it
 * counts as past, as for notation. Rule: wire-formats 9.6; RFC 6960, 3.2.
 */
export function readOcspResponse(bytes: Uint8Array, question: RevocationQuestion): RevocationAnswer {
  return orUnusable<RevocationAnswer>(
    () => answerOf(bytes, question),
    (why) => unknown(`the OCSP response is of no use: ${why}`),
  );
}

function answerOf(bytes: Uint8Array, question: RevocationQuestion): RevocationAnswer {
  const response = parseOcspResponse(bytes);
  checkSigned(
    response.signed,
    responderOf(response, question.issuer, question.atMs),
    'the issuer, or of a responder of the issuer',
  );
  readAnswerExtensions(response.extensions, [], 'the response');
  const [single, ...more] = response.singles.map(singleOf).filter(({ id }) => isAskedFor(id, question));
  if (single === undefined) throw unusable('it is an answer for another certificate');
  if (more.length > 0) throw unusable('it answers twice');
  checkFresh(single, question.atMs);
  return statusOf(single, question.signedAtMs);
}

interface Single {
  readonly id: DerElement;
  readonly status: DerElement;
  readonly thisUpdate: DerElement;
  readonly rest: readonly DerElement[];
}

function singleOf(element: DerElement): Single {
  const [id, status, thisUpdate, ...rest] = partsOf(element, TAG.sequence, 'an answer');
  if (id === undefined || status === undefined || thisUpdate === undefined) throw unusable('an answer is incomplete');
  return { id, status, thisUpdate, rest };
}

const idHashes: Readonly<Record<string, IdHash>> = { '1.3.14.3.2.26': 'sha1', '2.16.840.1.101.3.4.2.1': 'sha256' };

function isAskedFor(id: DerElement, { certificate, issuer }: RevocationQuestion): boolean {
  const [algorithm, name, key, serial] = partsOf(id, TAG.sequence, 'the name of a certificate');
  const hash = idHashes[objectIdOf(partsOf(algorithm, TAG.sequence, 'the hash of a name')[0])];
  if (hash === undefined) return false;
  const wanted = certificateId(certificate, issuer, hash);
  return (
    isSame(expect(name, TAG.octetString, 'the name of an issuer'), wanted.nameHash) &&
    isSame(expect(key, TAG.octetString, 'the key of an issuer'), wanted.keyHash) &&
    isSame(expect(serial, TAG.integer, 'a serial number'), wanted.serial)
  );
}

function isSame({ content }: DerElement, wanted: Uint8Array): boolean {
  return Buffer.compare(content, wanted) === 0;
}

function checkFresh({ thisUpdate, rest }: Single, atMs: number): void {
  const next = rest.find(({ tag }) => tag === 0xa0);
  if (!(timeOf(thisUpdate, 'thisUpdate') <= atMs + maxSkewMs)) throw unusable('it is from the future');
  if (next === undefined) throw unusable('it does not say until when it holds');
  if (!(atMs <= timeOf(innerOf(next, 'nextUpdate'), 'nextUpdate'))) throw unusable('it is stale: nextUpdate is past');
}

function statusOf({ status, rest }: Single, signedAtMs: number | undefined): RevocationAnswer {
  const field = rest.find(({ tag }) => tag === 0xa1);
  if (rest.length > 2 || rest.some(({ tag }) => tag !== 0xa0 && tag !== 0xa1)) throw unusable('an answer has too much');
  const list = field && innerOf(field, 'the extensions of an answer');
  const extensions = readAnswerExtensions(list, [extensionIds.invalidityDate], 'an answer');
  switch (status.tag) {
    case 0x80:
      return { status: 'good', message: 'the responder says that it is good' };
    case 0xa1: {
      const { invalidFromMs } = readReasonAndDate(extensions);
      return toRevoked({ ...revocationOf(status), ...(invalidFromMs !== undefined && { invalidFromMs }) }, signedAtMs);
    }
    case 0x82:
      return unknown('the responder does not know the certificate');
    default:
      throw unusable('its status is none');
  }
}

function revocationOf(status: DerElement): Pick<Extract<RevocationAnswer, { status: 'revoked' }>, 'atMs' | 'reason'> {
  const [at, wrapped] = partsOf(status, 0xa1, 'a revocation');
  const atMs = timeOf(at, 'the time of a revocation');
  if (wrapped === undefined) return { atMs, reason: 'unspecified' };
  const code = innerOf(expect(wrapped, 0xa0, 'the reason of a revocation'), 'the reason of a revocation');
  const reason = reasonOf(enumeratedOf(code, 'the reason of a revocation'));
  if (reason === undefined) throw unusable('the reason of a revocation is not known');
  return { atMs, reason };
}
