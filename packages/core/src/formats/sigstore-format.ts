import { EnvelopeError } from '../errors.ts';
import type { Payload, SignatureArtifact, SignFormat, SignRequest } from '../format.ts';
import { schemesFor } from '../schemes.ts';
import { toDerSignature } from '../signature-encoding.ts';
import type { Signer } from '../signer.ts';
import { MEDIA_TYPE_BUNDLE } from './bundle.ts';
import { PAYLOAD_TYPE_IN_TOTO, pae } from './dsse.ts';
import { encodeSignStatement } from './sign-statement.ts';

/** Sigstore bundle v0.3 over an in-toto Statement, as cosign 3 stores and verifies it. Rule: wire-formats 5. */
export const sigstoreFormat: SignFormat = { name: 'sigstore', payload, seal };

function payload(request: SignRequest): Payload {
  const bytes = encodeSignStatement(request);
  return { format: 'sigstore', payloadType: PAYLOAD_TYPE_IN_TOTO, bytes, toSign: pae(PAYLOAD_TYPE_IN_TOTO, bytes) };
}

async function seal(what: Payload, signer: Signer): Promise<SignatureArtifact> {
  // Loaded here: verifying, and every other command, starts without it.
  const [{ DSSEBundleBuilder }, { bundleToJSON }] = await Promise.all([
    import('@sigstore/sign'),
    import('@sigstore/bundle'),
  ]);
  const { hint } = signer.publicKey;
  const builder = new DSSEBundleBuilder({
    signer: {
      sign: async (toSign) => ({
        signature: Buffer.from(await envelopeSignature(signer, toSign)),
        key: { $case: 'publicKey', publicKey: '', hint },
      }),
    },
    witnesses: [],
  });
  const bundle = await builder.create({ data: Buffer.from(what.bytes), type: what.payloadType });
  return {
    format: 'sigstore',
    envelope: Buffer.from(JSON.stringify(withoutKeyId(bundleToJSON(bundle)))),
    envelopeMediaType: MEDIA_TYPE_BUNDLE,
    layerAnnotations: {},
  };
}

/** The signature as a bundle holds it: ASN.1 DER for ECDSA, raw otherwise. Rule: wire-formats 1.1. */
async function envelopeSignature(signer: Signer, toSign: Uint8Array): Promise<Uint8Array> {
  const { kind } = signer.publicKey;
  const [scheme] = schemesFor(kind, 'sigstore', 'sign');
  if (scheme === undefined)
    throw new EnvelopeError('ENVELOPE_UNSUPPORTED', `a ${kind} key does not sign Sigstore bundles`);
  const raw = await signer.sign(toSign, scheme);
  if (!scheme.startsWith('ECDSA')) return raw;
  const encoded = toDerSignature(raw, kind);
  if (encoded === undefined) throw new EnvelopeError('SIGNATURE_SELF_CHECK', 'the signer returned no r‖s of its curve');
  return encoded;
}

/** Leaves the DSSE `keyid` out: cosign refuses one that it did not compute itself. Rule: wire-formats 3.4. */
function withoutKeyId(bundle: ReturnType<typeof import('@sigstore/bundle').bundleToJSON>): unknown {
  const { dsseEnvelope, ...rest } = bundle;
  if (dsseEnvelope === undefined) throw new EnvelopeError('ENVELOPE_MALFORMED', 'the bundle holds no DSSE envelope');
  const signatures = dsseEnvelope.signatures.map(({ sig }) => ({ sig }));
  return {
    ...rest,
    dsseEnvelope: { payload: dsseEnvelope.payload, payloadType: dsseEnvelope.payloadType, signatures },
  };
}
