import type { KeyKind } from './keys/key-kind.ts';
import type { SignatureScheme } from './signer.ts';

/** What a signature lies in: a DSSE bundle, a bundle with a message signature (blobs), or cosign's older `.sig`. */
export type SchemeFormat = 'sigstore' | 'sigstore-message' | 'cosign';

type Schemes = readonly SignatureScheme[];
interface Row {
  readonly sign: Schemes;
  readonly verify: Schemes;
}

/** Every scheme that a kind of key may be used with at all: the allow-list behind `alg` in any envelope. Rule: design.md 7. */
const ALLOWED: Readonly<Record<KeyKind, Schemes>> = {
  'ecdsa-p256': ['ECDSA_SHA256'],
  'ecdsa-p384': ['ECDSA_SHA384', 'ECDSA_SHA256'],
  'ecdsa-p521': ['ECDSA_SHA512', 'ECDSA_SHA256'],
  rsa: ['RSA_PKCS1V15_SHA256', 'RSA_PSS_SHA256', 'RSA_PSS_SHA384', 'RSA_PSS_SHA512'],
  ed25519: ['ED25519', 'ED25519_PH'],
};

/** SHA-256 is what every cosign verifies without flags, for P-384 and P-521 too. Rule: wire-formats 3.3. */
const COMMON: Readonly<Record<Exclude<KeyKind, 'ed25519'>, Row>> = {
  'ecdsa-p256': both('ECDSA_SHA256'),
  'ecdsa-p384': { sign: ['ECDSA_SHA256', 'ECDSA_SHA384'], verify: ['ECDSA_SHA384', 'ECDSA_SHA256'] },
  'ecdsa-p521': { sign: ['ECDSA_SHA256', 'ECDSA_SHA512'], verify: ['ECDSA_SHA512', 'ECDSA_SHA256'] },
  rsa: both('RSA_PKCS1V15_SHA256'),
};
const PURE_OR_PREHASH: Row = { sign: ['ED25519'], verify: ['ED25519', 'ED25519_PH'] };

const TABLE: Readonly<Record<SchemeFormat, Readonly<Record<KeyKind, Row>>>> = {
  sigstore: { ...COMMON, ed25519: both('ED25519') },
  'sigstore-message': { ...COMMON, ed25519: PURE_OR_PREHASH },
  cosign: { ...COMMON, ed25519: PURE_OR_PREHASH },
};

/** The schemes of a key in a format: when signing the first is the default and others are options; when verifying they are tried in order. */
export function schemesFor(kind: KeyKind, format: SchemeFormat, use: 'sign' | 'verify'): readonly SignatureScheme[] {
  return TABLE[format][kind][use];
}

/** Whether a key of this kind may be used with the scheme at all. */
export function allowsScheme(kind: KeyKind, scheme: SignatureScheme): boolean {
  return ALLOWED[kind].includes(scheme);
}

function both(scheme: SignatureScheme): Row {
  return { sign: [scheme], verify: [scheme] };
}
