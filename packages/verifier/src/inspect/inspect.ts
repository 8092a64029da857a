import {
  ANNOTATION_REF_NAME,
  ANNOTATION_SIGNED_AT,
  EnvelopeError,
  guessNotaryForm,
  parseBundle,
  parsePayload,
  parseSimpleSigning,
  parseStatement,
} from '@signet/core';
import { hintId } from '../formats/key-signature.ts';
import { escapeForTerminal } from '../report/escape.ts';
import { inspectNotary } from './inspect-notary.ts';
import type {
  ClaimedSigner,
  InspectedCertificate,
  InspectedTimestamp,
  Inspection,
  NotaryInspection,
} from './inspection.ts';

/** What a signature (a bundle, a Notary envelope, the payload of cosign's older form, a payload that waits to be signed) says, without trusting it. Total. */
export function inspectSignature(bytes: Uint8Array): Inspection {
  const nothing: Inspection = {
    verified: false,
    format: 'unknown',
    signer: { kind: 'none' },
    subjects: [],
    annotations: {},
    logEntries: 0,
  };
  try {
    return inspectBundle(bytes, nothing);
  } catch (error) {
    if (!(error instanceof EnvelopeError)) throw error;
    return (
      inspectSimpleSigning(bytes) ??
      inspectPayload(bytes, nothing) ??
      inspectEnvelope(bytes, nothing) ?? { ...nothing, problem: error.message }
    );
  }
}

/** A Notary envelope, or what is wrong with something that must have been meant as one. */
function inspectEnvelope(bytes: Uint8Array, nothing: Inspection): Inspection | undefined {
  const form = guessNotaryForm(bytes);
  if (form === undefined) return undefined;
  try {
    return inspectNotary(bytes, form, nothing);
  } catch (error) {
    if (!(error instanceof EnvelopeError)) throw error;
    const isMeant = form === 'cose' || Buffer.from(bytes.subarray(0, 65_536)).includes('"protected"');
    return isMeant ? { ...nothing, problem: error.message } : undefined;
  }
}

/** The inspection as text; its first line says that nothing is verified. Everything from outside is escaped. */
export function renderInspection(inspection: Inspection): string {
  const { signer, format, problem } = inspection;
  const rows: (readonly [string, string | undefined])[] = [
    ['format', format],
    ['signer', signerText(signer)],
    ['payload', inspection.payloadType],
    ['predicate', inspection.predicateType],
    ...inspection.subjects.map((subject) => ['subject', subject] as const),
    ['reference', inspection.signedReference],
    ['signed at', inspection.signedAt],
    ...Object.entries(inspection.annotations).map(([key, value]) => ['annotation', `${key}=${value}`] as const),
    ...notaryRows(inspection.notary),
    ['log', inspection.notary === undefined ? logText(inspection.logEntries) : undefined],
    ['problem', problem],
  ];
  const width = Math.max(10, ...rows.map(([label, text]) => (text === undefined ? 0 : label.length)));
  const lines = rows.flatMap(([label, text]) =>
    text === undefined ? [] : [`  ${label.padEnd(width)}  ${escapeForTerminal(text)}`],
  );
  return ['UNVERIFIED: this is what the signature says, nothing of it was checked', ...lines].join('\n');
}

function logText(entries: number): string {
  return entries === 0 ? 'no entry' : `${entries} entries`;
}

function inspectBundle(bytes: Uint8Array, nothing: Inspection): Inspection {
  const { key, content, tlogEntries } = parseBundle(bytes);
  const signer = key.kind === 'publicKey' ? claimedKey(key.hint) : ({ kind: 'certificate' } as const);
  const base = { ...nothing, format: 'sigstore', signer, logEntries: tlogEntries.length } as const;
  if (content.kind !== 'dsse') return { ...base, problem: 'signs bytes (a file), no statement' };
  return { ...base, payloadType: content.envelope.payloadType, ...inspectStatement(content.envelope.payload) };
}

function inspectStatement(payload: Uint8Array): Partial<Inspection> {
  try {
    const { predicateType, subject } = parseStatement(payload);
    const subjects = subject.flatMap(({ digest }) =>
      Object.entries(digest).map(([algorithm, hex]) => `${algorithm}:${hex}`),
    );
    const annotations = Object.assign({}, ...subject.map((each) => each.annotations)) as Readonly<
      Record<string, string>
    >;
    return { predicateType, subjects, annotations, ...wellKnown(annotations) };
  } catch (error) {
    if (!(error instanceof EnvelopeError)) throw error;
    return { problem: error.message };
  }
}

/** The bytes of `signet sign --payload-out`, before anybody signed them. */
function inspectPayload(bytes: Uint8Array, nothing: Inspection): Inspection | undefined {
  try {
    const { payloadType, bytes: statement } = parsePayload(bytes).payload;
    return { ...nothing, format: 'sigstore', payloadType, ...inspectStatement(statement), problem: 'not signed yet' };
  } catch (error) {
    if (!(error instanceof EnvelopeError)) throw error;
    return undefined;
  }
}

function wellKnown(annotations: Readonly<Record<string, string>>): Partial<Inspection> {
  const reference = Object.hasOwn(annotations, ANNOTATION_REF_NAME) ? annotations[ANNOTATION_REF_NAME] : undefined;
  const at = Object.hasOwn(annotations, ANNOTATION_SIGNED_AT) ? annotations[ANNOTATION_SIGNED_AT] : undefined;
  return {
    ...(reference === undefined ? {} : { signedReference: reference }),
    ...(at === undefined ? {} : { signedAt: at }),
  };
}

function inspectSimpleSigning(bytes: Uint8Array): Inspection | undefined {
  try {
    const { digest, dockerReference, annotations } = parseSimpleSigning(bytes);
    return {
      verified: false,
      format: 'cosign',
      signer: { kind: 'none' },
      subjects: [digest],
      signedReference: dockerReference,
      annotations,
      logEntries: 0,
    };
  } catch (error) {
    if (!(error instanceof EnvelopeError)) throw error;
    return undefined;
  }
}

function claimedKey(hint: string | undefined): ClaimedSigner {
  if (hint === undefined || hint === '') return { kind: 'none' };
  const keyId = hintId(hint);
  return { kind: 'key', hint, ...(keyId === undefined ? {} : { keyId }) };
}

function signerText(signer: ClaimedSigner): string {
  switch (signer.kind) {
    case 'key':
      return `key ${signer.keyId ?? signer.hint}`;
    case 'certificate':
      return 'a certificate';
    case 'none':
      return 'it does not say';
  }
}

function notaryRows(notary: NotaryInspection | undefined): readonly (readonly [string, string | undefined])[] {
  if (notary === undefined) return [];
  const { artifact, timestamp, verificationPlugin, verificationPluginMinVersion } = notary;
  const since = verificationPluginMinVersion === undefined ? '' : `, ${verificationPluginMinVersion} or later`;
  return [
    ['envelope', `${notary.mediaType}, ${notary.algorithm}`],
    ['artifact', artifact && `${artifact.mediaType}, ${artifact.size} bytes`],
    ['scheme', notary.scheme],
    ['signed at', notary.signingTime],
    ['signed at', notary.authenticSigningTime && `${notary.authenticSigningTime}, says the authority`],
    ['expires', notary.expiry],
    ['plugin', verificationPlugin && `${verificationPlugin}${since}`],
    ...notary.extended.map(
      ({ name, value, critical }) => ['attribute', `${name}=${value}${critical ? ' (critical)' : ''}`] as const,
    ),
    ...notary.certificates.flatMap(certificateRows),
    ['agent', notary.signingAgent],
    ...timestampRows(timestamp),
  ];
}

function timestampRows(timestamp: InspectedTimestamp | undefined): readonly (readonly [string, string])[] {
  if (timestamp === undefined) return [];
  if ('problem' in timestamp)
    return [['timestamp', `${timestamp.bytes} bytes that do not count: ${timestamp.problem}`]];
  const { time, accuracyMs, certificates } = timestamp;
  const within = accuracyMs === 0 ? '' : `, within ${accuracyMs / 1000} s`;
  return [['timestamp', `${time}${within}`], ...certificates.flatMap(certificateRows)];
}

function certificateRows(certificate: InspectedCertificate): readonly (readonly [string, string])[] {
  const head = ['certificate', `SHA-256 ${certificate.sha256}`] as const;
  if ('problem' in certificate) return [head, ['', certificate.problem]];
  const { subject, issuer, notBefore, notAfter } = certificate;
  return [head, ['', `of ${subject}`], ['', `by ${issuer}`], ['', `from ${notBefore} to ${notAfter}`]];
}
