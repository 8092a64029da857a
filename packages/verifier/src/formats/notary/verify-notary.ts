import {
  ANNOTATION_REF_NAME,
  ANNOTATION_SIGNED_AT,
  EnvelopeError,
  type NotaryEnvelope,
  notaryEnvelopeTypes,
  parseNotaryEnvelope,
  parseNotaryPayload,
  type TargetArtifact,
} from '@signet/core';
import { type Certificate, CertificateError, checkChain, nameText, readChain } from '@signet/core/x509';
import { type Digest, isDigest } from '@signet/oci';
import type { Envelope, Subject } from '../../evidence.ts';
import { type Check, createFinding, type Finding, type Proven } from '../../finding.ts';
import { parseSignedAt } from '../../signed-at.ts';
import type { NamedX509Trust, TrustMaterial } from '../../trust.ts';
import { attempt, malformedCode } from '../decode.ts';
import { checkSubject } from '../subject.ts';
import { checkSigner } from './authenticity.ts';
import { checkRevocation } from './revocation.ts';
import { isSignatureValid } from './signature.ts';
import type { SoundEnvelope } from './sound-envelope.ts';
import { checkExpiry, checkTime } from './time.ts';

/**
 * One envelope, held against each source of certificates. What does not depend on them comes first: its form, its chain, its signature,
 * attributes that nobody may ignore. Rule: wire-formats 9.5
 */
export async function verifyNotary(
  envelope: Envelope,
  subject: Subject,
  { x509 = [] }: TrustMaterial,
): Promise<readonly Finding[]> {
  const { format, origin, foundIn } = envelope;
  const sound = await readSound(envelope);
  if ('failed' in sound) {
    const { failed, claims, keyChecks } = sound;
    return [createFinding({ format, origin, foundIn, checks: [failed], claims, keyChecks }, undefined)];
  }
  const payload = attempt(() => parseNotaryPayload(sound.envelope.payload));
  const claims = claimsOf(sound.chain);
  return x509.map((trust) => {
    const checks = [intact, ...checksOf(sound, trust), ...payloadChecks(payload, envelope, subject)];
    const says = payload instanceof EnvelopeError ? undefined : toProven(payload, sound, { subject, trust });
    return createFinding({ format, origin, foundIn, checks, claims, keyChecks: 1 }, says);
  });
}

const rule = 'wire-formats 9.5';
const intact: Check = {
  name: 'integrity',
  result: 'pass',
  code: 'OK',
  message: 'the envelope, its certificates and its signature belong together',
  rule,
};

interface Unsound {
  readonly failed: Check;
  readonly claims: Readonly<Record<string, string>>;
  readonly keyChecks: number;
}

/** The first step of the specification: what fails here counts at no level. */
async function readSound({ mediaType, bytes }: Envelope): Promise<SoundEnvelope | Unsound> {
  const fail = (code: Check['code'], message: string, chain: readonly Certificate[] = []): Unsound => ({
    failed: { name: 'integrity', result: 'fail', code, message, rule },
    claims: claimsOf(chain),
    keyChecks: chain.length === 0 ? 0 : 1,
  });
  const form = formOf(mediaType, bytes);
  if (form === undefined) return fail('ENVELOPE_MALFORMED', 'neither a JWS nor COSE_Sign1');
  const envelope = attempt(() => parseNotaryEnvelope(bytes, form));
  if (envelope instanceof EnvelopeError) return fail(malformedCode(envelope), envelope.message);
  const chain = chainOf(envelope);
  if (chain instanceof CertificateError) return fail('CERTIFICATE_RULE', chain.message);
  const broken = checkChain(chain, 'codeSigning');
  if (broken !== undefined) return fail('CERTIFICATE_RULE', broken.message, chain);
  if (!(await isSignatureValid(envelope, chain, bytes)))
    return fail('SIGNATURE_INVALID', 'the signature is not that of the first certificate over what is signed', chain);
  const unknown = unknownAttribute(envelope);
  if (unknown !== undefined)
    return fail('ATTRIBUTE_UNKNOWN', `the signed attribute ${unknown} is critical, and not known here`, chain);
  return { envelope, chain };
}

/** By the type of the layer; a copy from a listing has none. */
function formOf(mediaType: string, bytes: Uint8Array): 'jws' | 'cose' | undefined {
  if (mediaType === notaryEnvelopeTypes.jws) return 'jws';
  if (mediaType === notaryEnvelopeTypes.cose) return 'cose';
  if (bytes[0] === 0xd2) return 'cose';
  return bytes[0] === 0x7b ? 'jws' : undefined;
}

function chainOf({ certificates }: NotaryEnvelope): readonly Certificate[] | CertificateError {
  try {
    return readChain(certificates);
  } catch (error) {
    if (error instanceof CertificateError) return error;
    throw error;
  }
}

/** With a plugin it is the plugin's to know them. Rule: wire-formats 8.3, trap 22 */
function unknownAttribute({ attributes }: NotaryEnvelope): string | undefined {
  if (attributes.verificationPlugin !== undefined) return undefined;
  const unknown = attributes.extended.find(({ isCritical }) => isCritical);
  return unknown === undefined ? undefined : JSON.stringify(unknown.name);
}

/** What a source asks for, in the order of the specification. */
function checksOf(sound: SoundEnvelope, trust: NamedX509Trust): readonly Check[] {
  return [
    ...checkPlugin(sound),
    checkSigner(sound, trust),
    checkExpiry(sound, trust),
    checkTime(sound, trust),
    checkRevocation(sound, trust),
  ];
}

/** What only a plugin can verify is not verified without it. Rule: wire-formats 9.5, 4 */
function checkPlugin({ envelope }: SoundEnvelope): readonly Check[] {
  const { verificationPlugin } = envelope.attributes;
  if (verificationPlugin === undefined) return [];
  const message = `the signature has to be verified by the plugin ${JSON.stringify(verificationPlugin.slice(0, 80))}, which is not run here`;
  return [{ name: 'authenticity', result: 'unknown', code: 'PLUGIN_NEEDED', message, rule }];
}

function payloadChecks(
  payload: TargetArtifact | EnvelopeError,
  envelope: Envelope,
  subject: Subject,
): readonly Check[] {
  if (payload instanceof EnvelopeError)
    return [
      {
        name: 'payload',
        result: 'fail',
        code: 'PAYLOAD_MALFORMED',
        message: payload.message,
        rule: 'wire-formats 8.1',
      },
    ];
  const isOne: Check = {
    name: 'payload',
    result: 'pass',
    code: 'OK',
    message: 'a payload that signs an artifact',
    rule: 'wire-formats 8.1',
  };
  return [isOne, checkSubject([payload.digest], envelope, subject), ...checkDescriptor(payload, subject)];
}

/** Beside the digest notation compares size and media type; they are known here where the image's manifest was read. Rule: wire-formats 8.1 */
function checkDescriptor(payload: TargetArtifact, { descriptor }: Subject): readonly Check[] {
  if (descriptor === undefined || descriptor.digest !== payload.digest) return [];
  if (payload.size === descriptor.size && payload.mediaType === descriptor.mediaType) return [];
  const message = `signed for ${payload.size} bytes of ${payload.mediaType}, the image has ${descriptor.size} of ${descriptor.mediaType}`;
  return [{ name: 'subject', result: 'fail', code: 'SUBJECT_MISMATCH', message, rule: 'wire-formats 8.1' }];
}

function toProven(
  { digest, annotations }: TargetArtifact,
  { envelope, chain }: SoundEnvelope,
  { subject, trust }: { readonly subject: Subject; readonly trust: NamedX509Trust },
): Proven | undefined {
  const [leaf, root] = [chain[0], chain.at(-1)];
  if (leaf === undefined || root === undefined || digest !== subject.digest || !isDigest(digest)) return undefined;
  const own = (name: string): string | undefined => (Object.hasOwn(annotations, name) ? annotations[name] : undefined);
  const signedReference = own(ANNOTATION_REF_NAME);
  const claimedAtMs = parseSignedAt(own(ANNOTATION_SIGNED_AT) ?? '') ?? envelope.attributes.signingTimeMs;
  const { authenticSigningTimeMs } = envelope.attributes;
  return {
    identity: {
      kind: 'x509',
      anchor: root.thumbprint,
      subject: nameText(leaf.subject),
      source: trust.name,
      keyIds: chain.map(({ keyId }) => keyId),
    },
    subject: digest as Digest,
    ...(signedReference === undefined ? {} : { signedReference }),
    ...(claimedAtMs === undefined ? {} : { claimedAtMs }),
    ...(authenticSigningTimeMs === undefined ? {} : { verifiedAtMs: authenticSigningTimeMs }),
    annotations,
  };
}

function claimsOf([leaf]: readonly Certificate[]): Readonly<Record<string, string>> {
  return leaf === undefined ? {} : { subject: nameText(leaf.subject), certificate: leaf.thumbprint };
}
