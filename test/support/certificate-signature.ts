import { constants, type KeyObject } from 'node:crypto';
import { der, derInteger } from '../../packages/core/src/keys/der.ts';
import { objectId, sequence } from './certificate-der.ts';

/** How a certificate is signed. `pss-default` leaves the parameters out of the text, which then means SHA-1. */
export type CertificateSignature = Hash | `pss-${Hash}` | 'pss-default';
type Hash = 'md5' | 'sha1' | 'sha224' | 'sha256' | 'sha384' | 'sha512';

/** The algorithm as a certificate names it, and as node:crypto signs with it. */
export interface SignatureAlgorithm {
  /** DER AlgorithmIdentifier. */
  readonly identifier: Uint8Array;
  /** null where the key has but one. */
  readonly hash: Hash | null;
  readonly options: { readonly padding?: number; readonly saltLength?: number };
}

const rsaOids: Readonly<Record<Hash, string>> = {
  md5: '1.2.840.113549.1.1.4',
  sha1: '1.2.840.113549.1.1.5',
  sha224: '1.2.840.113549.1.1.14',
  sha256: '1.2.840.113549.1.1.11',
  sha384: '1.2.840.113549.1.1.12',
  sha512: '1.2.840.113549.1.1.13',
};
const ecdsaOids: Readonly<Record<Hash, string>> = {
  md5: '1.2.840.10045.4.1',
  sha1: '1.2.840.10045.4.1',
  sha224: '1.2.840.10045.4.3.1',
  sha256: '1.2.840.10045.4.3.2',
  sha384: '1.2.840.10045.4.3.3',
  sha512: '1.2.840.10045.4.3.4',
};
const hashOids: Readonly<Record<Hash, readonly [oid: string, bytes: number]>> = {
  md5: ['1.2.840.113549.2.5', 16],
  sha1: ['1.3.14.3.2.26', 20],
  sha224: ['2.16.840.1.101.3.4.2.4', 28],
  sha256: ['2.16.840.1.101.3.4.2.1', 32],
  sha384: ['2.16.840.1.101.3.4.2.2', 48],
  sha512: ['2.16.840.1.101.3.4.2.3', 64],
};
const pssOid = '1.2.840.113549.1.1.10';
const nothing: Uint8Array = der(0x05);

/** Of a private key. Keys of RSA-PSS sign by PSS whatever is asked. */
export function signatureAlgorithm(key: KeyObject, wanted: CertificateSignature): SignatureAlgorithm {
  const hash = (wanted === 'pss-default' ? 'sha1' : wanted.replace('pss-', '')) as Hash;
  switch (key.asymmetricKeyType) {
    case 'ed25519':
      return { identifier: sequence(objectId('1.3.101.112')), hash: null, options: {} };
    case 'ec':
      return { identifier: sequence(objectId(ecdsaOids[hash])), hash, options: {} };
    case 'rsa':
      return wanted.startsWith('pss-') ? pss(hash, wanted) : pkcs1(hash);
    default:
      return pss(hash, wanted);
  }
}

function pkcs1(hash: Hash): SignatureAlgorithm {
  return { identifier: sequence(objectId(rsaOids[hash]), nothing), hash, options: {} };
}

function pss(hash: Hash, wanted: CertificateSignature): SignatureAlgorithm {
  const [oid, saltLength] = hashOids[hash];
  const named = sequence(objectId(oid), nothing);
  const parameters = sequence(
    der(0xa0, named),
    der(0xa1, sequence(objectId('1.2.840.113549.1.1.8'), named)),
    der(0xa2, derInteger(saltLength)),
  );
  return {
    identifier: sequence(objectId(pssOid), wanted === 'pss-default' ? sequence() : parameters),
    hash,
    options: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength },
  };
}
