import { createHash } from 'node:crypto';
import { expect, innerOf, objectIdOf, partsOf, unusable } from '../asn1/structure.ts';
import { type DerElement, TAG } from '../keys/der.ts';
import type { Certificate } from '../x509/certificate.ts';
import { sha2 } from '../x509/signature-hash.ts';

const directoryName = 0xa4;

/**
 * That signing-certificate-v2 names the certificate: its hash, and where it is there issuer and number. Rule: RFC 5035, 4; wire-formats 9.5, 7.
 * @throws {UnusableAnswer} {KeyError}
 */
export function checkSigningCertificate(attribute: DerElement, signer: Certificate): void {
  const [list] = partsOf(attribute, TAG.sequence, 'the name of the certificate');
  const [first] = partsOf(list, TAG.sequence, 'the name of the certificate');
  const parts = partsOf(first, TAG.sequence, 'the name of the certificate');
  // The hash is SHA-256 where none is named.
  const isNamed = parts[0]?.tag === TAG.sequence;
  const hash = isNamed ? sha2.get(objectIdOf(partsOf(parts[0], TAG.sequence, 'a hash')[0])) : 'sha256';
  if (hash === undefined) throw unusable('the certificate is named by a hash that is not taken');
  const [value, issuerSerial] = isNamed ? parts.slice(1) : parts;
  const own = createHash(hash).update(signer.der).digest();
  const isSame = own.equals(expect(value, TAG.octetString, 'the hash of the certificate').content);
  if (!isSame || (issuerSerial !== undefined && !isIssuerSerial(issuerSerial, signer)))
    throw unusable('the signed attributes name another certificate');
}

function isIssuerSerial(element: DerElement, signer: Certificate): boolean {
  const [names, serial, ...more] = partsOf(element, TAG.sequence, 'issuer and number');
  const [name, ...others] = partsOf(names, TAG.sequence, 'an issuer');
  const issuer = innerOf(expect(name, directoryName, 'an issuer'), 'an issuer');
  const number = Buffer.from(expect(serial, TAG.integer, 'a number').content).toString('hex');
  return (
    more.length + others.length === 0 &&
    number === signer.serialNumber &&
    Buffer.compare(issuer.whole, signer.issuerBytes) === 0
  );
}
