import { type KeyObject, sign, verify } from 'node:crypto';
import { KeyError } from '../errors.ts';
import type { KeyKind } from './key-kind.ts';
import { type PublicKey, publicHalfOf } from './public-key.ts';

/** A private key whose public half passed every check. The material stays inside `keyObject`, which prints none of it. */
export interface PrivateKey {
  readonly kind: KeyKind;
  readonly keyObject: KeyObject;
  readonly publicKey: PublicKey;
}

/**
 * Checks a private key of node:crypto: its public half as `publicKeyFrom`, and that the two halves belong together.
 * @throws {KeyError} KEY_UNSUPPORTED, KEY_WEAK, KEY_MALFORMED, KEY_WRONG_KIND
 */
export function privateKeyFrom(keyObject: KeyObject): PrivateKey {
  if (keyObject.type !== 'private')
    throw new KeyError('KEY_WRONG_KIND', `a ${keyObject.type} key where a private key is asked for`);
  const publicKey = publicHalfOf(keyObject);
  if (!halvesMatch(keyObject, publicKey))
    throw new KeyError('KEY_MALFORMED', 'the private and the public half of the key do not belong together');
  return { kind: publicKey.kind, keyObject, publicKey };
}

/** PKCS#8 and SEC1 files may carry any public key beside the private one: a trial signature tells. */
function halvesMatch(keyObject: KeyObject, publicKey: PublicKey): boolean {
  const probe = Buffer.from('signet key check');
  const hash = publicKey.kind === 'ed25519' ? null : 'sha256';
  try {
    return verify(hash, probe, publicKey.keyObject, sign(hash, probe, keyObject));
  } catch {
    return false; // a private key that cannot sign at all
  }
}
