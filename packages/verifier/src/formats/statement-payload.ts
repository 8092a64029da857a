import {
  ANNOTATION_REF_NAME,
  ANNOTATION_SIGNED_AT,
  EnvelopeError,
  PAYLOAD_TYPE_IN_TOTO,
  PREDICATE_TYPE_SIGN,
  type StatementSubject,
} from '@signet/core';
import { type Digest, isDigest } from '@signet/oci';
import type { Envelope, Subject } from '../evidence.ts';
import type { Check, Proven } from '../finding.ts';
import { parseSignedAt } from '../signed-at.ts';
import { readStatement } from './decode.ts';
import type { Signer } from './key-signature.ts';
import { checkSubject } from './subject.ts';

/** A payload whose signature was verified, and what it is held against. */
export interface SignedPayload {
  readonly payload: Uint8Array;
  readonly payloadType: string;
  readonly signer: Signer;
  readonly envelope: Envelope;
  readonly subject: Subject;
}

/** What a payload showed; `says` is what it says of the asked image. */
export interface PayloadAnswer {
  readonly checks: readonly Check[];
  readonly says?: Proven;
}

const rule = 'wire-formats 4.2';

/** The verified bytes, and no others, are parsed now: an in-toto statement that signs this image. Rule: wire-formats 1.3, 4.2. */
export function judgeStatement({ payload, payloadType, signer, envelope, subject }: SignedPayload): PayloadAnswer {
  if (payloadType !== PAYLOAD_TYPE_IN_TOTO)
    return refused('PAYLOAD_TYPE', `payload type "${payloadType}", expected "${PAYLOAD_TYPE_IN_TOTO}"`);
  const statement = readStatement(payload);
  if (statement instanceof EnvelopeError) return refused('PAYLOAD_MALFORMED', statement.message);
  if (statement.predicateType !== PREDICATE_TYPE_SIGN)
    return refused('NOT_A_SIGNATURE', `attests "${statement.predicateType}" about the image, which does not sign it`);
  const message = 'an in-toto statement that signs an image';
  const isOne: Check = { name: 'payload', result: 'pass', code: 'OK', message, rule };
  const checks = [isOne, checkSubject(statement.subject.flatMap(digestsOf), envelope, subject)];
  const own = statement.subject.find((each) => digestsOf(each).includes(subject.digest));
  return own === undefined ? { checks } : { checks, says: toProven(signer, subject.digest, own.annotations) };
}

/** An attestation by a key that is not trusted is no signature that failed: from unproven bytes only a no is concluded. */
export function unprovenKind(payload: Uint8Array): readonly Check[] {
  const statement = readStatement(payload);
  if (statement instanceof EnvelopeError || statement.predicateType === PREDICATE_TYPE_SIGN) return [];
  const message = `says that it attests "${statement.predicateType}" about the image, which does not sign it`;
  return refused('NOT_A_SIGNATURE', message).checks;
}

function toProven({ key }: Signer, subject: Digest, annotations: Readonly<Record<string, string>>): Proven {
  const own = (name: string) => (Object.hasOwn(annotations, name) ? annotations[name] : undefined);
  const signedReference = own(ANNOTATION_REF_NAME);
  const claimedAtMs = parseSignedAt(own(ANNOTATION_SIGNED_AT) ?? '');
  return {
    identity: { kind: 'key', keyId: key.id },
    subject,
    ...(signedReference === undefined ? {} : { signedReference }),
    ...(claimedAtMs === undefined ? {} : { claimedAtMs }),
    annotations,
  };
}

/** Digests that a subject of a statement names; algorithms that are not known match nothing. */
function digestsOf({ digest }: StatementSubject): readonly Digest[] {
  return Object.entries(digest)
    .map(([algorithm, hex]) => `${algorithm}:${hex}`)
    .filter(isDigest);
}

function refused(code: Check['code'], message: string): PayloadAnswer {
  return { checks: [{ name: 'payload', result: 'fail', code, message, rule }] };
}
