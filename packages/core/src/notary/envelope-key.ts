import { EnvelopeError } from '../errors.ts';
import type { Signer } from '../signer.ts';
import type { EnvelopeKey } from './seal-envelope.ts';
import { notaryAlgorithmOf, schemeOf } from './signature.ts';

/**
 * A signer with certificates, as envelopes need it.
 * @throws {EnvelopeError} ENVELOPE_UNSUPPORTED for a key or a signer that signs nothing here; its `sign` {KeyError} what the signer throws
 */
export function envelopeKeyOf(signer: Signer): EnvelopeKey {
  const { publicKey, chain } = signer;
  const algorithm = notaryAlgorithmOf(publicKey);
  if (algorithm === undefined)
    throw new EnvelopeError(
      'ENVELOPE_UNSUPPORTED',
      'a Notary signature needs a key of P-256, P-384, P-521, or RSA of 2048, 3072 or 4096 bits',
    );
  if (chain.length === 0)
    throw new EnvelopeError(
      'ENVELOPE_UNSUPPORTED',
      'a Notary signature needs the certificates of its key, and there are none',
    );
  return {
    algorithm,
    sign: async (toSign, signal) => ({
      signature: await signer.sign(toSign, schemeOf(algorithm), signal),
      certificates: chain,
    }),
  };
}
