import { createHash, type KeyObject, X509Certificate } from 'node:crypto';
import { type DistinguishedName, readName } from './distinguished-name.ts';
import { type Extensions, readExtensions } from './extensions.ts';
import { readFields } from './fields.ts';
import { malformed } from './malformed.ts';

/** A certificate as it was read. It proves nothing: whoever trusts one has checked its chain. Times are milliseconds since 1970 UTC. */
export interface Certificate extends Extensions {
  readonly der: Uint8Array;
  /** Lower-case hex SHA-256 of the DER. */
  readonly thumbprint: string;
  readonly subject: DistinguishedName;
  readonly issuer: DistinguishedName;
  /** DER of the names: what is compared. */
  readonly subjectBytes: Uint8Array;
  readonly issuerBytes: Uint8Array;
  /** DER content of the number, lower-case hex. */
  readonly serialNumber: string;
  /** Both bounds belong to the time in which it is valid. */
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  readonly publicKey: KeyObject;
  /** DER SubjectPublicKeyInfo, as it stands in the certificate. */
  readonly spki: Uint8Array;
  /** Lower-case hex SHA-256 of the key's SubjectPublicKeyInfo in its one spelling: `spki` may have another, and is the same key all the same. */
  readonly keyId: string;
  /** OID of the algorithm that it is signed with. */
  readonly signatureAlgorithm: string;
  /** DER of that algorithm's parameters: RSA-PSS names its hash there. */
  readonly signatureParameters?: Uint8Array;
}

/** Rule: wire-formats 12. */
const maxBytes: number = 64 * 1024;
/** Keys: reading a public exponent takes the square of its length. */
const maxSpkiBytes = 8192;
/** The certificate of OpenSSL behind each: it alone does arithmetic. */
const native = new WeakMap<Certificate, X509Certificate>();

/**
 * Reads one certificate: DER in its one spelling and nothing behind it, version 3, no extension twice, a key that OpenSSL knows.
 * Rule: RFC 5280, 4.1; wire-formats 12.
 * @throws {CertificateError} CERTIFICATE_MALFORMED
 */
export function readCertificate(der: Uint8Array): Certificate {
  if (der.length > maxBytes) throw malformed(`it has ${der.length} bytes, at most ${maxBytes} are read`);
  const { issuer, subject, serialNumber, spki, extensions, ...fields } = readFields(der);
  if (spki.length > maxSpkiBytes) throw malformed(`its key has ${spki.length} bytes, at most ${maxSpkiBytes} are read`);
  const { own, publicKey } = readByOpenssl(der);
  const certificate: Certificate = {
    der,
    thumbprint: sha256(der),
    subject: readName(subject),
    issuer: readName(issuer),
    subjectBytes: subject,
    issuerBytes: issuer,
    serialNumber: Buffer.from(serialNumber).toString('hex'),
    ...fields,
    publicKey,
    spki,
    keyId: sha256(spellOut(publicKey) ?? spki),
    ...readExtensions(extensions),
  };
  native.set(certificate, own);
  return certificate;
}

/** Whether the names fit and the issuer's key signed it. The rules of a chain are not looked at. */
export function isIssuedBy(child: Certificate, issuer: Certificate): boolean {
  return namesIssuer(child, issuer) && isSignedBy(child, issuer);
}

/** Whether the issuer's name is the one that the certificate says issued it, byte by byte. */
export function namesIssuer(child: Certificate, issuer: Certificate): boolean {
  return Buffer.compare(child.issuerBytes, issuer.subjectBytes) === 0;
}

/** Whether the issuer's key signed it, whatever the names are. */
export function isSignedBy(child: Certificate, issuer: Certificate): boolean {
  try {
    return native.get(child)?.verify(issuer.publicKey) === true;
  } catch {
    return false; // a key of another kind than the signature's
  }
}

/** Whether it is signed by its own key and in its own name. */
export function isSelfSigned(certificate: Certificate): boolean {
  return isIssuedBy(certificate, certificate);
}

function readByOpenssl(der: Uint8Array): { readonly own: X509Certificate; readonly publicKey: KeyObject } {
  try {
    const own = new X509Certificate(der);
    return { own, publicKey: own.publicKey };
  } catch (cause) {
    throw malformed('its key or its signature cannot be read', cause);
  }
}

/** As OpenSSL writes it; undefined for a key that it cannot write. */
function spellOut(key: KeyObject): Uint8Array | undefined {
  try {
    return key.export({ format: 'der', type: 'spki' });
  } catch {
    return undefined; // read, and of a kind that nobody signs with
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
