import { EnvelopeError } from '../errors.ts';
import type { SealOptions } from '../format.ts';
import type { PublicKey } from '../keys/public-key.ts';
import { type SchemeFormat, schemesFor } from '../schemes.ts';
import { verifySignature } from '../signature.ts';
import { toDerSignature } from '../signature-encoding.ts';
import type { SignatureScheme, Signer } from '../signer.ts';

/**
 * A signature over bytes as Sigstore's and cosign's formats hold it: ASN.1 DER for ECDSA, as it comes otherwise. Rule: wire-formats 1.1.
 * @throws {EnvelopeError} ENVELOPE_UNSUPPORTED for a scheme that the format does not sign with; {KeyError} what the signer throws
 */
export async function signDetached(
  message: Uint8Array,
  signer: Signer,
  options: SealOptions & { readonly format: SchemeFormat },
): Promise<Uint8Array> {
  const scheme = schemeFor(signer.publicKey, options);
  return toWireSignature(await signer.sign(message, scheme, options.signal), scheme, signer.publicKey);
}

/** The scheme that is asked for, or the format's first. @throws {EnvelopeError} ENVELOPE_UNSUPPORTED */
export function schemeFor(
  key: PublicKey,
  options: { readonly format: SchemeFormat; readonly scheme?: SignatureScheme },
): SignatureScheme {
  const allowed = schemesFor(key.kind, options.format, 'sign');
  const scheme = options.scheme ?? allowed[0];
  if (scheme !== undefined && allowed.includes(scheme)) return scheme;
  throw new EnvelopeError(
    'ENVELOPE_UNSUPPORTED',
    `a key of kind ${key.kind} does not sign this format with ${scheme ?? 'any scheme'}: use ${allowed.join(' or ')}`,
  );
}

/** What a signer returned, in the encoding of the wire. @throws {EnvelopeError} SIGNATURE_SELF_CHECK */
export function toWireSignature(raw: Uint8Array, scheme: SignatureScheme, key: PublicKey): Uint8Array {
  if (!scheme.startsWith('ECDSA')) return raw;
  const encoded = toDerSignature(raw, key.kind);
  if (encoded !== undefined) return encoded;
  throw new EnvelopeError('SIGNATURE_SELF_CHECK', 'the signer returned no r‖s of its curve');
}

/** The scheme in which this is the key's signature over the message, among those that verifiers of the format try; undefined for none. */
export function verifyingScheme(
  key: PublicKey,
  signed: { readonly message: Uint8Array; readonly signature: Uint8Array },
  format: SchemeFormat,
): SignatureScheme | undefined {
  return schemesFor(key.kind, format, 'verify').find((scheme) =>
    verifySignature(key, scheme, signed.message, signed.signature, 'der'),
  );
}
