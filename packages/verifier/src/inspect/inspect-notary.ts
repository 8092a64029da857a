import { createHash, X509Certificate } from 'node:crypto';
import {
  ANNOTATION_REF_NAME,
  ANNOTATION_SIGNED_AT,
  EnvelopeError,
  type NotaryEnvelope,
  type NotaryForm,
  notaryEnvelopeTypes,
  parseNotaryEnvelope,
  parseNotaryPayload,
  type SignedAttributes,
} from '@signet/core';
import { readTimestamp } from '@signet/core/timestamp';
import { timeText } from '../policy/time-text.ts';
import type { InspectedCertificate, InspectedTimestamp, Inspection, NotaryInspection } from './inspection.ts';

/** What a Notary envelope says, without trusting it. @throws {EnvelopeError} for bytes that are none of this form */
export function inspectNotary(bytes: Uint8Array, form: NotaryForm, nothing: Inspection): Inspection {
  const envelope = parseNotaryEnvelope(bytes, form);
  const { certificates } = envelope;
  const base = { ...nothing, format: 'notary', signer: { kind: 'certificate' } } as const;
  const notary: NotaryInspection = {
    envelope: form,
    mediaType: notaryEnvelopeTypes[form],
    algorithm: envelope.algorithm.name,
    ...attributesOf(envelope.attributes),
    certificates: certificates.map(inspectCertificate),
    ...(envelope.timestamp === undefined
      ? {}
      : { timestamp: inspectTimestamp(envelope.timestamp, envelope.signature) }),
    ...(envelope.signingAgent === undefined ? {} : { signingAgent: envelope.signingAgent }),
  };
  return { ...base, ...inspectPayload(envelope, notary) };
}

function inspectPayload({ payload }: NotaryEnvelope, notary: NotaryInspection): Partial<Inspection> {
  try {
    const { annotations, ...artifact } = parseNotaryPayload(payload);
    const reference = own(annotations, ANNOTATION_REF_NAME);
    const signedAt = own(annotations, ANNOTATION_SIGNED_AT);
    return {
      notary: { ...notary, artifact },
      subjects: [artifact.digest],
      annotations,
      ...(reference === undefined ? {} : { signedReference: reference }),
      ...(signedAt === undefined ? {} : { signedAt }),
    };
  } catch (error) {
    if (!(error instanceof EnvelopeError)) throw error;
    return { notary, problem: error.message };
  }
}

function own(annotations: Readonly<Record<string, string>>, key: string): string | undefined {
  return Object.hasOwn(annotations, key) ? annotations[key] : undefined;
}

function attributesOf(attributes: SignedAttributes) {
  const { scheme, signingTimeMs, authenticSigningTimeMs, expiryMs } = attributes;
  const { verificationPlugin, verificationPluginMinVersion, extended } = attributes;
  return {
    scheme,
    ...(signingTimeMs === undefined ? {} : { signingTime: timeText(signingTimeMs) }),
    ...(authenticSigningTimeMs === undefined ? {} : { authenticSigningTime: timeText(authenticSigningTimeMs) }),
    ...(expiryMs === undefined ? {} : { expiry: timeText(expiryMs) }),
    ...(verificationPlugin === undefined ? {} : { verificationPlugin }),
    ...(verificationPluginMinVersion === undefined ? {} : { verificationPluginMinVersion }),
    extended: extended.map(({ name, value, isCritical }) => ({ name, value: valueText(value), critical: isCritical })),
  };
}

/** A text as it is; anything else as JSON, with bytes in base64. */
function valueText(value: unknown): string {
  if (typeof value === 'string') return value;
  return (
    JSON.stringify(value, (_, part: unknown) => {
      if (part instanceof Uint8Array) return Buffer.from(part).toString('base64');
      return part instanceof Map ? [...part] : part;
    }) ?? ''
  );
}

function inspectTimestamp(token: Uint8Array, signature: Uint8Array): InspectedTimestamp {
  const bytes = token.length;
  const read = readTimestamp(token, signature);
  if ('problem' in read) return { bytes, problem: read.problem };
  const { genTimeMs, accuracyMs, certificates } = read;
  return {
    bytes,
    time: timeText(genTimeMs),
    accuracyMs,
    certificates: certificates.map(({ der }) => inspectCertificate(der)),
  };
}

function inspectCertificate(der: Uint8Array): InspectedCertificate {
  const sha256 = createHash('sha256').update(der).digest('hex');
  try {
    const { subject, issuer, validFromDate, validToDate } = new X509Certificate(der);
    return {
      sha256,
      subject: nameText(subject),
      issuer: nameText(issuer),
      notBefore: timeText(validFromDate.getTime()),
      notAfter: timeText(validToDate.getTime()),
    };
  } catch {
    return { sha256, problem: 'not a certificate that can be read' };
  }
}

/** node:crypto gives one attribute a line, the most general first; people write them the other way. Rule: RFC 4514, 2.1. */
function nameText(name: string): string {
  return name.split('\n').toReversed().join(',');
}
