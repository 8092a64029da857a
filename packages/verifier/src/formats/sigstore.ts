import {
  ANNOTATION_REF_NAME,
  ANNOTATION_SIGNED_AT,
  type Bundle,
  EnvelopeError,
  PAYLOAD_TYPE_IN_TOTO,
  PREDICATE_TYPE_SIGN,
  pae,
  parseBundle,
  parseStatement,
  type Statement,
  type StatementSubject,
} from '@signet/core';
import { type Descriptor, type Digest, isDigest, MEDIA_TYPE_EMPTY } from '@signet/oci';
import type { Envelope, Subject } from '../evidence.ts';
import { type Check, createFinding, type Finding, type Proven } from '../finding.ts';
import type { Prospect, TrustMaterial, VerifyFormat } from '../format.ts';
import { parseSignedAt } from '../signed-at.ts';
import { findSigner, hintId, noSignerChecks, type Signer, signerChecks } from './key-signature.ts';
import { checkSubject } from './subject.ts';

const rule = 'wire-formats 5.3';
const bundleType = 'application/vnd.dev.sigstore.bundle';

/** Sigstore bundles over in-toto statements, with keys: what Signet and cosign 3 write. Rule: wire-formats 5. */
export const sigstoreVerifyFormat: VerifyFormat = {
  name: 'sigstore',
  recognise: ({ artifactType = '' }: Descriptor) =>
    artifactType === '' || artifactType === MEDIA_TYPE_EMPTY || artifactType.startsWith(bundleType),
  recogniseLayer: ({ mediaType }: Descriptor) => mediaType.startsWith(bundleType),
  tagsFor: () => [],
  prospect: prospectOf,
  verify: async (envelope, subject, trust) => verifyBundle(envelope, subject, trust),
};

/** The order of wire-formats 5.3; the first failure ends it. */
function verifyBundle(envelope: Envelope, subject: Subject, trust: TrustMaterial): Finding {
  const checks: Check[] = [];
  const claims: Record<string, string> = {};
  const { format, origin, foundIn } = envelope;
  const finish = (signatureTried: boolean, says?: Proven) =>
    createFinding({ format, origin, foundIn, checks, claims, signatureTried }, says);

  const bundle = readBundle(envelope.bytes); // 1 and 2: strict parsing, version, shape
  if (bundle instanceof EnvelopeError) {
    checks.push(fail('integrity', malformedCode(bundle), bundle.message));
    return finish(false);
  }
  const { key, content } = bundle;
  if (key.kind !== 'publicKey') {
    checks.push(
      fail('authenticity', 'CERTIFICATE_NOT_KEY', 'signed with a certificate (keyless), but the rule trusts keys'),
    );
    return finish(false);
  }
  Object.assign(claims, hintClaims(key.hint));
  if (content.kind !== 'dsse') {
    checks.push(
      fail('payload', 'NOT_A_SIGNATURE', 'signs bytes, not an image: a bundle of an image holds a DSSE envelope'),
    );
    return finish(false);
  }
  const { payload, payloadType, signature } = content.envelope;
  const signed = {
    message: pae(payloadType, payload),
    signature,
    format: 'sigstore',
    hint: key.hint,
  } as const;
  const signer = findSigner(signed, trust.keys);
  if (signer === undefined) {
    checks.push(...noSignerChecks(key.hint, trust.keys, rule), ...unprovenKind(payload));
    return finish(true);
  }
  checks.push(...signerChecks(signer, rule));
  return finish(true, judgePayload({ payload, payloadType, bundle }, { envelope, subject, signer, checks }));
}

interface Judged {
  readonly envelope: Envelope;
  readonly subject: Subject;
  readonly signer: Signer;
  readonly checks: Check[];
}

/** The verified bytes, and no others, are parsed now. Rule: wire-formats 1.3, 4.2. */
function judgePayload(
  {
    payload,
    payloadType,
    bundle,
  }: { readonly payload: Uint8Array; readonly payloadType: string; readonly bundle: Bundle },
  { envelope, subject, signer, checks }: Judged,
): Proven | undefined {
  if (payloadType !== PAYLOAD_TYPE_IN_TOTO) {
    checks.push(fail('payload', 'PAYLOAD_TYPE', `payload type "${payloadType}", expected "${PAYLOAD_TYPE_IN_TOTO}"`));
    return undefined;
  }
  const statement = readStatement(payload);
  if (statement instanceof EnvelopeError) {
    checks.push(fail('payload', 'PAYLOAD_MALFORMED', statement.message));
    return undefined;
  }
  if (statement.predicateType !== PREDICATE_TYPE_SIGN) {
    checks.push(
      fail(
        'payload',
        'NOT_A_SIGNATURE',
        `attests "${statement.predicateType}" about the image, which does not sign it`,
      ),
    );
    return undefined;
  }
  checks.push({
    name: 'payload',
    result: 'pass',
    code: 'OK',
    message: 'an in-toto statement that signs an image',
    rule: 'wire-formats 4.2',
  });
  checks.push(checkSubject(statement.subject.flatMap(digestsOf), envelope, subject));
  checks.push(logCheck(bundle));
  const own = statement.subject.find((each) => digestsOf(each).includes(subject.digest));
  return own === undefined ? undefined : toProven(signer, subject.digest, own.annotations);
}

function toProven({ key }: Signer, subject: Digest, annotations: Readonly<Record<string, string>>): Proven {
  const signedReference = Object.hasOwn(annotations, ANNOTATION_REF_NAME)
    ? annotations[ANNOTATION_REF_NAME]
    : undefined;
  const claimedAtMs = parseSignedAt(
    Object.hasOwn(annotations, ANNOTATION_SIGNED_AT) ? (annotations[ANNOTATION_SIGNED_AT] ?? '') : '',
  );
  return {
    identity: { kind: 'key', keyId: key.id },
    subject,
    ...(signedReference === undefined ? {} : { signedReference }),
    ...(claimedAtMs === undefined ? {} : { claimedAtMs }),
    annotations,
  };
}

/** With a key no log entry is needed, and one that is there is not looked at: said, not hidden. */
function logCheck({ tlogEntries }: Bundle): Check {
  const what =
    tlogEntries.length === 0 ? 'no log entry is there' : `${tlogEntries.length} log entries were not looked at`;
  return {
    name: 'transparency',
    result: 'skip',
    code: 'NOT_ASKED',
    message: `${what}; none is asked for with a key`,
    rule,
  };
}

/** Digests that a subject of a statement names; algorithms that are not known match nothing. */
function digestsOf({ digest }: StatementSubject): readonly Digest[] {
  return Object.entries(digest)
    .map(([algorithm, hex]) => `${algorithm}:${hex}`)
    .filter(isDigest);
}

/** An attestation by a key that is not trusted is no signature that failed: from unproven bytes only a no is concluded. */
function unprovenKind(payload: Uint8Array): readonly Check[] {
  const statement = readStatement(payload);
  if (statement instanceof EnvelopeError || statement.predicateType === PREDICATE_TYPE_SIGN) return [];
  return [
    fail(
      'payload',
      'NOT_A_SIGNATURE',
      `says that it attests "${statement.predicateType}" about the image, which does not sign it`,
    ),
  ];
}

/** From the bytes alone, without parsing them as a whole: the hint's place is fixed, and it decides nothing but an order. */
function prospectOf({ bytes }: Envelope, { keys }: TrustMaterial): Prospect {
  const hint = /"hint"\s*:\s*"([^"]{1,100})"/.exec(
    Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 65_536)).toString('latin1'),
  )?.[1];
  if (hint === undefined) return 'open';
  return keys.some((key) => key.hint === hint) ? 'likely' : 'unlikely';
}

/** What is wrong with bytes that are no bundle, as a check's code. */
export function malformedCode({
  code,
}: EnvelopeError): 'ENVELOPE_MALFORMED' | 'ENVELOPE_UNSUPPORTED' | 'SIGNATURE_COUNT' {
  return code === 'ENVELOPE_UNSUPPORTED' || code === 'SIGNATURE_COUNT' ? code : 'ENVELOPE_MALFORMED';
}

function hintClaims(hint: string | undefined): Record<string, string> {
  if (hint === undefined || hint === '') return {};
  const id = hintId(hint);
  return id === undefined ? { hint } : { hint, keyId: id };
}

function readBundle(bytes: Uint8Array): Bundle | EnvelopeError {
  return attempt(() => parseBundle(bytes));
}

function readStatement(bytes: Uint8Array): Statement | EnvelopeError {
  return attempt(() => parseStatement(bytes));
}

/** The decoders throw one class alone; anything else is a defect and goes on. */
function attempt<T>(decode: () => T): T | EnvelopeError {
  try {
    return decode();
  } catch (error) {
    if (error instanceof EnvelopeError) return error;
    throw error;
  }
}

function fail(name: Check['name'], code: Check['code'], message: string): Check {
  return { name, result: 'fail', code, message, rule };
}
