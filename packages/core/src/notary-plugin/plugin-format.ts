import { CertificateError, EnvelopeError, KeyError } from '../errors.ts';
import type { Payload, SignFormat } from '../format.ts';
import { type PublicKey, publicKeyFrom } from '../keys/public-key.ts';
import { type NotaryForm, notaryEnvelopeTypes } from '../notary/envelope.ts';
import { createNotaryFormat } from '../notary/notary-format.ts';
import { parseNotaryEnvelope } from '../notary/parse-envelope.ts';
import type { NotarySigning } from '../notary/seal-envelope.ts';
import { verifyNotarySignature } from '../notary/signature.ts';
import { readCertificate } from '../x509/certificate.ts';
import { changedIn } from './made-payload.ts';
import type { NotaryPluginSigner } from './plugin-signer.ts';

/**
 * Notary signatures by a plugin's key, for `signImage`. While the key is not known (`isKnown`), a signature that is there already cannot be told
 * from others: the caller then has to sign with `force`, as notation always does. Rule: wire-formats 8, 10.
 */
export function notaryPluginFormat(by: NotaryPluginSigner, signing: NotarySigning = {}): SignFormat {
  const { form = 'jws' } = signing;
  return {
    ...createNotaryFormat(by.isKnown ? { ...signing, certificates: by.chain } : signing),
    seal: async (payload, _signer, options) => {
      const { envelope, annotations } = await by.seal(payload, { ...signing, ...options });
      return {
        format: 'notary',
        envelope,
        envelopeMediaType: notaryEnvelopeTypes[form],
        layerAnnotations: {},
        manifestAnnotations: annotations,
      };
    },
    // A plugin may have added to the annotations of the payload.
    verifies: ({ envelope }, payload, key) => holds(envelope, { form, payload, key }),
  };
}

interface Wanted {
  readonly form: NotaryForm;
  readonly payload: Payload;
  readonly key: PublicKey;
}

function holds(bytes: Uint8Array, { form, payload, key }: Wanted): boolean {
  try {
    const envelope = parseNotaryEnvelope(bytes, form);
    const [leaf] = envelope.certificates;
    if (leaf === undefined || publicKeyFrom(readCertificate(leaf).publicKey).id !== key.id) return false;
    return changedIn(envelope.payload, payload.bytes) === undefined && verifyNotarySignature(key, envelope);
  } catch (error) {
    if (error instanceof EnvelopeError || error instanceof CertificateError || error instanceof KeyError) return false;
    throw error;
  }
}
