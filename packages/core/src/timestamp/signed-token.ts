import { createHash } from 'node:crypto';
import { checkSigned, type SignedData } from '../asn1/signed-data.ts';
import { expect, innerOf, objectIdOf, partsOf, unusable } from '../asn1/structure.ts';
import { CertificateError } from '../errors.ts';
import { type DerElement, der, readAll, readDer, smallInteger, TAG } from '../keys/der.ts';
import { type Certificate, readCertificate } from '../x509/certificate.ts';
import { algorithmOfSignature, sha2 } from '../x509/signature-hash.ts';
import { checkSigningCertificate } from './signing-certificate.ts';

const ids = {
  signedData: '1.2.840.113549.1.7.2',
  tstInfo: '1.2.840.113549.1.9.16.1.4',
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingCertificateV2: '1.2.840.113549.1.9.16.2.47',
  rsaEncryption: '1.2.840.113549.1.1.1',
} as const;

/** RSA with each of them: CMS may name the key's algorithm alone. Content of the OID. Rule: RFC 3370, 3.2 */
const rsaWith: Readonly<Record<string, string>> = {
  sha256: '2a864886f70d01010b',
  sha384: '2a864886f70d01010c',
  sha512: '2a864886f70d01010d',
};

const set = 0x31;
const [tag0, tag1] = [0xa0, 0xa1];
/** More than a chain has: authorities add certificates that nobody needs. */
const maxCertificates = 20;

/** A token whose signature is that of one of its certificates; whether anybody trusts that one is not looked at. */
export interface SignedToken {
  /** DER TSTInfo. */
  readonly content: Uint8Array;
  readonly signer: Certificate;
  /** All that came with it, in no order. */
  readonly certificates: readonly Certificate[];
}

/**
 * A TimeStampToken in DER: CMS SignedData with one signer, whose signed attributes name the content and the certificate. Rule: wire-formats 7.7,
 * 8.6; RFC 5652, 5; RFC 3161, 2.4.2.
 * @throws {UnusableAnswer} {KeyError}
 */
export function readSignedToken(token: Uint8Array): SignedToken {
  const [type, wrapped, ...more] = partsOf(readDer(token), TAG.sequence, 'the token');
  if (objectIdOf(type) !== ids.signedData || more.length > 0) throw unusable('it is no signed data');
  const [version, , encapsulated, ...rest] = partsOf(
    innerOf(expect(wrapped, tag0, 'the signed data'), 'the signed data'),
    TAG.sequence,
    'the signed data',
  );
  if (version === undefined || smallInteger(version) !== 3) throw unusable('it is not of version 3');
  const content = contentOf(encapsulated);
  const certificates = rest.filter(({ tag }) => tag === tag0).flatMap(certificatesOf);
  const [signerInfos, ...others] = rest.filter(({ tag }) => tag !== tag0 && tag !== tag1);
  const [info, ...infos] = partsOf(signerInfos, set, 'the signers');
  if (info === undefined || infos.length > 0 || others.length > 0) throw unusable('it has not exactly one signer');
  return { content, certificates, signer: signerOf(info, content, certificates) };
}

function contentOf(element: DerElement | undefined): Uint8Array {
  const [type, wrapped, ...more] = partsOf(element, TAG.sequence, 'its content');
  if (objectIdOf(type) !== ids.tstInfo || more.length > 0) throw unusable('its content is no time stamp');
  const octets = innerOf(expect(wrapped, tag0, 'its content'), 'its content');
  return expect(octets, TAG.octetString, 'its content').content;
}

function certificatesOf({ content }: DerElement): readonly Certificate[] {
  const elements = readAll(content);
  if (elements.length > maxCertificates) throw unusable(`it has more than ${maxCertificates} certificates`);
  try {
    return elements.map(({ whole }) => readCertificate(whole));
  } catch (error) {
    if (error instanceof CertificateError) throw unusable(error.message);
    throw error;
  }
}

/** The certificate whose key signed. Rule: RFC 5652, 5.3, 5.6 */
function signerOf(info: DerElement, content: Uint8Array, certificates: readonly Certificate[]): Certificate {
  const [version, sid, digest, attributes, algorithm, signature, ...unsigned] = partsOf(
    info,
    TAG.sequence,
    'the signer',
  );
  if (version === undefined || smallInteger(version) !== 1)
    throw unusable('its signer is not named by issuer and number');
  const signer = namedBy(sid, certificates);
  const hash = sha2.get(objectIdOf(partsOf(digest, TAG.sequence, 'its hash')[0]));
  if (hash === undefined) throw unusable('it is hashed by an algorithm that is not taken');
  const signed = expect(attributes, tag0, 'the signed attributes');
  if (algorithm === undefined || unsigned.some(({ tag }) => tag !== tag1))
    throw unusable('its signer has too much, or too little');
  checkAttributes(signed, { content, hash, signer });
  const data: SignedData = {
    // What is signed is the set by its own tag. Rule: RFC 5652, 5.4
    signed: Buffer.concat([Uint8Array.of(set), signed.whole.subarray(1)]),
    algorithm: algorithmOf(algorithm, hash),
    signature: expect(signature, TAG.octetString, 'the signature').content,
  };
  checkSigned(data, signer, 'the certificate that it names');
  return signer;
}

function namedBy(sid: DerElement | undefined, certificates: readonly Certificate[]): Certificate {
  const [issuer, serial, ...more] = partsOf(sid, TAG.sequence, 'the name of its signer');
  const number = Buffer.from(expect(serial, TAG.integer, 'the number of its signer').content).toString('hex');
  const named = certificates.find(
    (each) => each.serialNumber === number && Buffer.compare(each.issuerBytes, issuer?.whole ?? new Uint8Array()) === 0,
  );
  if (named === undefined || more.length > 0) throw unusable('the certificate of its signer is not in it');
  return named;
}

interface Signing {
  readonly content: Uint8Array;
  readonly hash: string;
  readonly signer: Certificate;
}

/** Each attribute once, with one value. */
function checkAttributes({ content: list }: DerElement, { content, hash, signer }: Signing): void {
  const found = new Map<string, DerElement>();
  for (const attribute of readAll(list)) {
    const [type, values, ...more] = partsOf(attribute, TAG.sequence, 'an attribute');
    const id = objectIdOf(type);
    const [value, ...others] = partsOf(values, set, 'the values of an attribute');
    if (value === undefined || more.length > 0 || found.has(id)) throw unusable('an attribute is odd, or there twice');
    // Others than those below are nobody's affair here, however many values they have.
    if (others.length > 0 && Object.values<string>(ids).includes(id)) throw unusable('an attribute has two values');
    found.set(id, value);
  }
  const type = found.get(ids.contentType);
  if (type === undefined || objectIdOf(type) !== ids.tstInfo) throw unusable('what is signed is no time stamp');
  const own = createHash(hash).update(content).digest();
  if (!own.equals(expect(found.get(ids.messageDigest), TAG.octetString, 'the hash of what is signed').content))
    throw unusable('its content is not what was signed');
  const named = found.get(ids.signingCertificateV2);
  if (named === undefined) throw unusable('the signed attributes do not name the certificate (signing-certificate-v2)');
  checkSigningCertificate(named, signer);
}

/** With the hash of the content, and none other. */
function algorithmOf(algorithm: DerElement, hash: string): DerElement {
  const [type, parameters] = partsOf(algorithm, TAG.sequence, 'the algorithm of the signature');
  const id = objectIdOf(type);
  const rsa = id === ids.rsaEncryption ? rsaWith[hash] : undefined;
  if (rsa !== undefined) return readDer(der(TAG.sequence, der(TAG.oid, Buffer.from(rsa, 'hex')), der(TAG.null)));
  const found = algorithmOfSignature({
    signatureAlgorithm: id,
    ...(parameters === undefined ? {} : { signatureParameters: parameters.whole }),
  });
  if (typeof found !== 'string' && found.hash !== null && found.hash !== hash)
    throw unusable('its content and its signature have different hashes');
  return algorithm;
}
