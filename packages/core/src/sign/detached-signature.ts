import { decodeBase64 } from '@signet/oci';
import { EnvelopeError } from '../errors.ts';
import type { PublicKey } from '../keys/public-key.ts';
import { type SchemeFormat, schemesFor } from '../schemes.ts';
import { verifySignature } from '../signature.ts';
import { isRawSignature, toRawSignature } from '../signature-encoding.ts';
import type { SignatureScheme, Signer } from '../signer.ts';

/** A signature that was made elsewhere: over which bytes, for which format, and whose it should be. */
export interface DetachedSignature {
  readonly message: Uint8Array;
  /** As openssl and others write it: DER or r‖s for ECDSA, as it is for the others; or the base64 text of that. */
  readonly signature: Uint8Array;
  readonly publicKey: PublicKey;
  readonly format: SchemeFormat;
}

/**
 * A signer that knows one signature alone, which was checked with the public key first. Only schemes that the format signs with are taken:
 * no Ed25519ph, which few verifiers read. Rule: wire-formats 3.3.
 * @throws {EnvelopeError} SIGNATURE_INVALID
 */
export function signerOfDetached(detached: DetachedSignature): {
  readonly signer: Signer;
  readonly scheme: SignatureScheme;
} {
  const { publicKey } = detached;
  const found = findRaw(detached);
  if (found === undefined)
    throw new EnvelopeError(
      'SIGNATURE_INVALID',
      `the signature is not this key's (${publicKey.kind}, ${publicKey.id.slice(0, 12)}) over the bytes to sign`,
    );
  return { signer: { publicKey, chain: [], sign: async () => found.raw }, scheme: found.scheme };
}

function findRaw(
  detached: DetachedSignature,
): { readonly raw: Uint8Array; readonly scheme: SignatureScheme } | undefined {
  const { publicKey: key, format, message, signature } = detached;
  for (const raw of [signature, ...fromBase64(signature)].flatMap((bytes) => rawForms(bytes, key))) {
    const scheme = schemesFor(key.kind, format, 'sign').find((each) =>
      verifySignature(key, each, message, raw, 'ieee-p1363'),
    );
    if (scheme !== undefined) return { raw, scheme };
  }
  return undefined;
}

function rawForms(bytes: Uint8Array, { kind }: PublicKey): readonly Uint8Array[] {
  if (kind === 'rsa' || kind === 'ed25519') return [bytes];
  const ofDer = toRawSignature(bytes, kind);
  return [...(ofDer === undefined ? [] : [ofDer]), ...(isRawSignature(bytes, kind) ? [bytes] : [])];
}

/** Longer text is no signature of any key that is taken. */
const maxTextBytes = 4096;

/** Base64 in one line or several, as `openssl base64` and cosign write it. */
function fromBase64(bytes: Uint8Array): readonly Uint8Array[] {
  if (bytes.length > maxTextBytes) return [];
  const text = Buffer.from(bytes)
    .toString('latin1')
    .replace(/[\r\n]+/g, '')
    .trim();
  const signature = text === '' ? undefined : decodeBase64(text);
  return signature === undefined ? [] : [signature];
}
