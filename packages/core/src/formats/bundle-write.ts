import type { SerializedBundle } from '@sigstore/bundle';
import { EnvelopeError } from '../errors.ts';
import type { Payload, SealOptions } from '../format.ts';
import type { Signer } from '../signer.ts';
import type { BundleHash } from './bundle.ts';
import { signDetached } from './detached.ts';

/**
 * A bundle v0.3 over a DSSE envelope, by the Sigstore project's own builder on our signer. Loaded only here: verifying, and every command
 * that does not sign, starts without it.
 * @throws {EnvelopeError} ENVELOPE_UNSUPPORTED, SIGNATURE_SELF_CHECK; {KeyError} what the signer throws
 */
export async function sealDsse(what: Payload, signer: Signer, options: SealOptions): Promise<Uint8Array> {
  const { DSSEBundleBuilder } = await import('@sigstore/sign');
  const { bundleToJSON } = await import('@sigstore/bundle');
  const { hint } = signer.publicKey;
  const sign = async (toSign: Uint8Array) => ({
    signature: Buffer.from(await signDetached(toSign, signer, { ...options, format: 'sigstore' })),
    key: { $case: 'publicKey', publicKey: '', hint } as const,
  });
  const builder = new DSSEBundleBuilder({ signer: { sign }, witnesses: [] });
  return withoutKeyid(bundleToJSON(await builder.create({ data: Buffer.from(what.bytes), type: what.payloadType })));
}

/** What a bundle with a message signature says: the bytes that were signed lie elsewhere. */
export interface MessageParts {
  /** DER for ECDSA. */
  readonly signature: Uint8Array;
  readonly hash: BundleHash;
  /** Digest of the signed bytes by that hash. */
  readonly digest: Uint8Array;
  readonly hint: string;
}

/** A bundle v0.3 with a message signature, as `cosign sign-blob` writes it. Rule: wire-formats 5.1. */
export async function toMessageBundle(parts: MessageParts): Promise<Uint8Array> {
  // Not the builder of @sigstore/sign: it hashes the whole artifact in memory and writes version 0.2.
  const { bundleToJSON, toMessageSignatureBundle } = await import('@sigstore/bundle');
  const bundle = bundleToJSON(
    toMessageSignatureBundle({
      digest: Buffer.from(parts.digest),
      signature: Buffer.from(parts.signature),
      keyHint: parts.hint,
      certificateChain: false,
    }),
  );
  const { messageSignature, ...rest } = bundle;
  if (messageSignature?.messageDigest === undefined)
    throw new EnvelopeError('ENVELOPE_MALFORMED', 'the bundle holds no message signature');
  const messageDigest = { ...messageSignature.messageDigest, algorithm: parts.hash };
  return Buffer.from(JSON.stringify({ ...rest, messageSignature: { ...messageSignature, messageDigest } }));
}

/** cosign refuses a DSSE `keyid` that it did not compute itself. Rule: wire-formats 3.4. */
function withoutKeyid({ dsseEnvelope, ...rest }: SerializedBundle): Uint8Array {
  if (dsseEnvelope === undefined) throw new EnvelopeError('ENVELOPE_MALFORMED', 'the bundle holds no DSSE envelope');
  const { payload, payloadType } = dsseEnvelope;
  const signatures = dsseEnvelope.signatures.map(({ sig }) => ({ sig }));
  return Buffer.from(JSON.stringify({ ...rest, dsseEnvelope: { payload, payloadType, signatures } }));
}
