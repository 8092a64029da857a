import { EnvelopeError, MEDIA_TYPE_SIMPLE_SIGNING, parseSimpleSigning, type SimpleSigning } from '@signet/core';
import type { Descriptor } from '@signet/oci';
import type { Envelope, Subject } from '../evidence.ts';
import { type Check, createFinding, type Finding, type Proven } from '../finding.ts';
import type { TrustMaterial, VerifyFormat } from '../format.ts';
import { findSigner, noSignerChecks, signerChecks } from './key-signature.ts';
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
  tagsFor: (subject) => [`${subject.replace(':', '-')}.sig`],
  prospect: () => 'open', // nothing in it names a key
  verify: async (envelope, subject, trust) => verifyLayer(envelope, subject, trust),
};

/** The order of wire-formats 6.2; the first failure ends it. The blob's digest was checked when it was read. */
function verifyLayer(envelope: Envelope, subject: Subject, trust: TrustMaterial): Finding {
  const checks: Check[] = [];
  const { format, origin, foundIn, annotations, bytes } = envelope;
  const finish = (signatureTried: boolean, says?: Proven) =>
    createFinding({ format, origin, foundIn, checks, claims: {}, signatureTried }, says);

  const signature = decodeSignature(annotations[signatureAnnotation]);
  if (signature === undefined) {
    checks.push(
      fail(
        'integrity',
        'ENVELOPE_MALFORMED',
        `the layer's annotation ${signatureAnnotation} holds no signature in base64`,
      ),
    );
    return finish(false);
  }
  const signer = findSigner({ message: bytes, signature, format: 'cosign' }, trust.keys);
  if (signer === undefined && annotations[certificateAnnotation] !== undefined) {
    checks.push(
      fail('authenticity', 'CERTIFICATE_NOT_KEY', 'signed with a certificate (keyless), but the rule trusts keys'),
    );
    return finish(true);
  }
  if (signer === undefined) {
    checks.push(...noSignerChecks(undefined, trust.keys, rule));
    return finish(true);
  }
  checks.push(...signerChecks(signer, rule));

  const payload = readPayload(bytes);
  if (payload instanceof EnvelopeError) {
    checks.push(fail('payload', 'PAYLOAD_MALFORMED', payload.message));
    return finish(true);
  }
  checks.push({ name: 'payload', result: 'pass', code: 'OK', message: 'simple signing of a container image', rule });
  checks.push(checkSubject([payload.digest], envelope, subject));
  return finish(true, {
    identity: { kind: 'key', keyId: signer.key.id },
    subject: subject.digest,
    ...(payload.dockerReference === '' ? {} : { signedReference: payload.dockerReference }),
    annotations: payload.annotations,
  });
}

/** Standard base64, padded, in one piece. */
function decodeSignature(text: string | undefined): Uint8Array | undefined {
  if (text === undefined || text === '' || text.length > 8_192 || text.length % 4 !== 0) return undefined;
  return /^[A-Za-z0-9+/]+={0,2}$/.test(text) ? Buffer.from(text, 'base64') : undefined;
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
