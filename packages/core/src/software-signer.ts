import { constants, type SignKeyObjectInput, sign } from 'node:crypto';
import { KeyError } from './errors.ts';
import type { PrivateKey } from './keys/private-key.ts';
import { allowsScheme } from './schemes.ts';
import { SCHEME_HASH } from './signature.ts';
import type { SignatureScheme, Signer } from './signer.ts';

/** A signer over a key in memory. `chain` is DER, leaf first, when the key has certificates. */
export function createSoftwareSigner(key: PrivateKey, chain: readonly Uint8Array[] = []): Signer {
  return {
    publicKey: key.publicKey,
    chain,
    async sign(message, scheme, signal) {
      signal?.throwIfAborted();
      return signBytes(key, message, scheme);
    },
  };
}

/** Pure Ed25519 only: a prehash signature is verified where others wrote it, never made. Rule: wire-formats 3.3. */
function signBytes(key: PrivateKey, message: Uint8Array, scheme: SignatureScheme): Uint8Array {
  if (scheme === 'ED25519_PH' || !allowsScheme(key.kind, scheme))
    throw new KeyError('KEY_REFUSED', `a key of kind ${key.kind} does not sign with ${scheme}`);
  const hash = scheme === 'ED25519' ? null : SCHEME_HASH[scheme];
  try {
    return sign(hash, message, inputFor(key, scheme));
  } catch (cause) {
    throw new KeyError('KEY_REFUSED', `the key of kind ${key.kind} did not sign with ${scheme}`, { cause });
  }
}

function inputFor(key: PrivateKey, scheme: SignatureScheme): SignKeyObjectInput {
  if (key.kind === 'ed25519') return { key: key.keyObject };
  if (key.kind !== 'rsa') return { key: key.keyObject, dsaEncoding: 'ieee-p1363' };
  if (scheme === 'RSA_PKCS1V15_SHA256') return { key: key.keyObject, padding: constants.RSA_PKCS1_PADDING };
  return {
    key: key.keyObject,
    padding: constants.RSA_PKCS1_PSS_PADDING,
    saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
  };
}
