import { createHash } from 'node:crypto';
import { unusable } from '../asn1/structure.ts';
import { CertificateError } from '../errors.ts';
import { type Certificate, isIssuedBy, readCertificate } from '../x509/certificate.ts';
import { hashOfSignature } from '../x509/signature-hash.ts';
import { keyBits } from './certificate-id.ts';
import type { OcspResponse } from './ocsp-response.ts';

const ocspSigning = '1.3.6.1.5.5.7.3.9';

/**
 * The certificate whose key must have signed a response: the issuer's, or one that the issuer gave to a responder and that is valid at the
 * time. Rule: RFC 6960, 4.2.2.2.
 * @throws {UnusableAnswer}
 */
export function responderOf(response: OcspResponse, issuer: Certificate, atMs: number): Certificate {
  if (isNamed(issuer, response.responder)) return issuer;
  const named = response.certificates.flatMap(readable).filter((each) => isNamed(each, response.responder));
  let why = 'it comes from a responder that is not the issuer, and has no certificate of that responder';
  for (const each of named) {
    const problem = problemOf(each, issuer, atMs);
    if (problem === undefined) return each;
    why = `the certificate of the responder ${problem}`;
  }
  throw unusable(why);
}

function problemOf(responder: Certificate, issuer: Certificate, atMs: number): string | undefined {
  if (!isIssuedBy(responder, issuer)) return 'is not issued by the issuer of the one that is asked for';
  if (responder.extendedKeyUsage?.oids.includes(ocspSigning) !== true) return 'is not one that may sign OCSP answers';
  if (responder.keyUsage !== undefined && !responder.keyUsage.bits.has('digitalSignature')) return 'may not sign';
  if (hashOfSignature(responder) !== 'strong') return 'is signed with a weak hash';
  // Not the other way round: a time that is none (NaN) lies within nothing.
  const isValid = atMs >= responder.notBeforeMs && atMs <= responder.notAfterMs;
  return isValid ? undefined : 'is not valid now';
}

function isNamed(certificate: Certificate, { by, value }: OcspResponse['responder']): boolean {
  const own = by === 'name' ? certificate.subjectBytes : createHash('sha1').update(keyBits(certificate)).digest();
  return Buffer.compare(own, value) === 0;
}

/** What cannot be read signs nothing. */
function readable(der: Uint8Array): readonly Certificate[] {
  try {
    return [readCertificate(der)];
  } catch (error) {
    if (error instanceof CertificateError) return [];
    throw error;
  }
}
