import {
  cosignTag,
  EnvelopeError,
  MEDIA_TYPE_SIMPLE_SIGNING,
  parseSimpleSigning,
  type SimpleSigning,
} from '@signet/core';
import { type Descriptor, decodeBase64 } from '@signet/oci';
import type { Envelope, Subject } from '../evidence.ts';
import { type Check, createFinding, type Finding, type Proven } from '../finding.ts';
import type { VerifyFormat } from '../format.ts';
import type { TrustMaterial } from '../trust.ts';
import { findSigner, noSignerChecks, type Signer, signerChecks, wantsKeys } from './key-signature.ts';
import { checkSubject } from './subject.ts';

const rule = 'wire-formats 6.2';
const signatureAnnotation = 'dev.cosignproject.cosign/signature';
const certificateAnnotation = 'dev.sigstore.cosign/certificate';

/** cosign's older form with keys: simple signing under the tag `sha256-<hex>.sig`. Rule: wire-formats 6. */
export const cosignVerifyFormat: VerifyFormat = {
  name: 'cosign',
  // cosign's experiment with referrers; the usual place is the tag.
  recognise: ({ artifactType }: Descriptor) => artifactType === 'application/vnd.dev.cosign.artifact.sig.v1+json',
  recogniseLayer: ({ mediaType }: Descriptor) => mediaType === MEDIA_TYPE_SIMPLE_SIGNING,
  annotationKeys: [signatureAnnotation, certificateAnnotation],
  maxLayers: 1_000, // wire-formats 6.1
  tagsFor: (subject) => [cosignTag(subject)],
  // Nothing in it names a key.
  prospect: ({ annotations }) => (decodeSignature(annotations[signatureAnnotation]) === undefined ? 'none' : 'open'),
  isWanted: wantsKeys,
  verify: async (envelope, subject, trust) => [verifyLayer(envelope, subject, trust)],
};

/** What one layer showed so far. */
interface Judged {
  readonly checks: readonly Check[];
  readonly keyChecks: number;
  readonly says?: Proven;
}

function verifyLayer(envelope: Envelope, subject: Subject, trust: TrustMaterial): Finding {
  const { format, origin, foundIn } = envelope;
  const { says, ...judged } = judgeLayer(envelope, subject, trust);
  return createFinding({ format, origin, foundIn, claims: {}, ...judged }, says);
}

/** The order of wire-formats 6.2; the first failure ends it. The blob's digest was checked when it was read. */
function judgeLayer(envelope: Envelope, subject: Subject, trust: TrustMaterial): Judged {
  const { annotations, bytes } = envelope;
  const signature = decodeSignature(annotations[signatureAnnotation]);
  if (signature === undefined) {
    const message = `the layer's annotation ${signatureAnnotation} holds no signature in base64`;
    return { checks: [fail('integrity', 'ENVELOPE_MALFORMED', message)], keyChecks: 0 };
  }
  const { signer, keyChecks } = findSigner({ message: bytes, signature, format: 'cosign' }, trust);
  if (signer !== undefined) return { ...judgePayload(signer, envelope, subject), keyChecks };
  if (annotations[certificateAnnotation] === undefined)
    return { checks: noSignerChecks(undefined, trust.keys, rule), keyChecks };
  const message = 'signed with a certificate (keyless), but the rule trusts keys';
  return { checks: [fail('authenticity', 'CERTIFICATE_NOT_KEY', message)], keyChecks };
}

/** The verified bytes, and no others, are parsed now. */
function judgePayload(signer: Signer, envelope: Envelope, subject: Subject): Omit<Judged, 'keyChecks'> {
  const signed = signerChecks(signer, rule);
  const payload = readPayload(envelope.bytes);
  if (payload instanceof EnvelopeError)
    return { checks: [...signed, fail('payload', 'PAYLOAD_MALFORMED', payload.message)] };
  const isOne: Check = {
    name: 'payload',
    result: 'pass',
    code: 'OK',
    message: 'simple signing of a container image',
    rule,
  };
  return {
    checks: [...signed, isOne, checkSubject([payload.digest], envelope, subject)],
    says: {
      identity: { kind: 'key', keyId: signer.key.id },
      subject: subject.digest,
      ...(payload.dockerReference === '' ? {} : { signedReference: payload.dockerReference }),
      annotations: payload.annotations,
    },
  };
}

/** Standard base64, padded, in one piece. */
function decodeSignature(text: string | undefined): Uint8Array | undefined {
  return text === undefined || text === '' || text.length > 8_192 ? undefined : decodeBase64(text);
}

function readPayload(bytes: Uint8Array): SimpleSigning | EnvelopeError {
  try {
    return parseSimpleSigning(bytes);
  } catch (error) {
    if (error instanceof EnvelopeError) return error;
    throw error;
  }
}

function fail(name: Check['name'], code: Check['code'], message: string): Check {
  return { name, result: 'fail', code, message, rule };
}
