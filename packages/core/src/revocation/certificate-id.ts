import { createHash } from 'node:crypto';
import { bitsOf } from '../asn1/structure.ts';
import { der, readAll, readOnlySequence, TAG } from '../keys/der.ts';
import type { Certificate } from '../x509/certificate.ts';

/** Hashes that name a certificate in OCSP, and their DER identifiers' content. SHA-1 here names, and protects nothing. */
export type IdHash = 'sha1' | 'sha256';

const hashOids: Readonly<Record<IdHash, string>> = { sha1: '06052b0e03021a', sha256: '0609608648016503040201' };

/** The four values by which OCSP names a certificate. Rule: RFC 6960, 4.1.1. */
export interface CertificateId {
  readonly nameHash: Uint8Array;
  readonly keyHash: Uint8Array;
  /** Content of the INTEGER. */
  readonly serial: Uint8Array;
}

/** Of a certificate and its issuer's key. */
export function certificateId(certificate: Certificate, issuer: Certificate, hash: IdHash): CertificateId {
  const hashed = (bytes: Uint8Array): Uint8Array => createHash(hash).update(bytes).digest();
  return {
    nameHash: hashed(certificate.issuerBytes),
    keyHash: hashed(keyBits(issuer)),
    serial: Buffer.from(certificate.serialNumber, 'hex'),
  };
}

/** CertID in DER. */
export function encodeCertificateId({ nameHash, keyHash, serial }: CertificateId, hash: IdHash): Uint8Array {
  const algorithm = der(TAG.sequence, Buffer.from(hashOids[hash], 'hex'), der(TAG.null));
  const octets = (bytes: Uint8Array): Uint8Array => der(TAG.octetString, bytes);
  return der(TAG.sequence, algorithm, octets(nameHash), octets(keyHash), der(TAG.integer, serial));
}

/** The key itself: the bit string of a SubjectPublicKeyInfo, without its head. Rule: RFC 6960, 4.2.1, KeyHash. */
export function keyBits({ spki }: Certificate): Uint8Array {
  return bitsOf(readAll(readOnlySequence(spki))[1], 'a key');
}
