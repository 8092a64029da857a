import { createPublicKey, type KeyObject } from 'node:crypto';
import { KeyError } from '../errors.ts';
import { der, TAG } from './der.ts';
import type { KeyKind } from './key-kind.ts';

/** AlgorithmIdentifier rsaEncryption with NULL parameters. Rule: RFC 3279, 2.3.1. */
const RSA_ALGORITHM: Uint8Array = Buffer.from('300d06092a864886f70d0101010500', 'hex');
/** SPKI up to the point, by curve (uncompressed form): also what shows a curve given by name, not by parameters. Rule: RFC 5480, 2. */
export const EC_SPKI: ReadonlyMap<
  string,
  { readonly kind: KeyKind; readonly head: string; readonly pointBytes: number }
> = new Map([
  ['prime256v1', ecKind('ecdsa-p256', '3059301306072a8648ce3d020106082a8648ce3d03010703420004', 64)],
  ['secp384r1', ecKind('ecdsa-p384', '3076301006072a8648ce3d020106052b8104002203620004', 96)],
  ['secp521r1', ecKind('ecdsa-p521', '30819b301006072a8648ce3d020106052b810400230381860004', 132)],
]);
/** SPKI of Ed25519 up to its 32 bytes. Rule: RFC 8410, 4. */
export const ED25519_HEAD: string = '302a300506032b6570032100';

/** A key of node:crypto from DER SubjectPublicKeyInfo. @throws {KeyError} KEY_MALFORMED */
export function keyObjectOfSpki(spki: Uint8Array): KeyObject {
  try {
    return createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
  } catch (cause) {
    throw new KeyError('KEY_MALFORMED', 'not a public key: its point or numbers are invalid, or its type is unknown', {
      cause,
    });
  }
}

/** DER SubjectPublicKeyInfo around a PKCS#1 RSAPublicKey. Rule: RFC 3279, 2.3.1. */
export function rsaSpki(pkcs1: Uint8Array): Uint8Array {
  return der(TAG.sequence, RSA_ALGORITHM, der(TAG.bitString, Uint8Array.of(0), pkcs1));
}

/** DER SubjectPublicKeyInfo around the 32 bytes of an Ed25519 key. */
export function ed25519Spki(bytes: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from(ED25519_HEAD, 'hex'), bytes]);
}

/** DER SubjectPublicKeyInfo around an uncompressed point, `04` first; undefined for a curve that is not taken or another length. */
export function ecSpki(curve: string, point: Uint8Array): Uint8Array | undefined {
  const known = EC_SPKI.get(curve);
  if (known === undefined || point[0] !== 4 || point.length !== known.pointBytes + 1) return undefined;
  return Buffer.concat([Buffer.from(known.head, 'hex'), point.subarray(1)]);
}

function ecKind(
  kind: KeyKind,
  head: string,
  pointBytes: number,
): { readonly kind: KeyKind; readonly head: string; readonly pointBytes: number } {
  return { kind, head, pointBytes };
}
