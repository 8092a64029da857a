import { type Digest, isDigest } from '@signet/oci';
import { EnvelopeError } from '../errors.ts';
import { ANNOTATION_REF_NAME, type KeyPayload } from '../format.ts';
import { simpleSigningPayload } from '../formats/cosign-format.ts';
import { PAYLOAD_TYPE_IN_TOTO, pae } from '../formats/dsse.ts';
import { statementPayload } from '../formats/sigstore-format.ts';
import { parseSimpleSigning } from '../formats/simple-signing.ts';
import { PREDICATE_TYPE_SIGN, parseStatement, type StatementSubject } from '../formats/statement.ts';

/** A payload that was made earlier, and what it says. It is not signed yet: nothing in it is believed but by who is about to attach to it. */
export interface ParsedPayload {
  readonly payload: KeyPayload;
  /** The image. */
  readonly digest: Digest;
  /** What the payload calls it: `REGISTRY/REPO:TAG`, or for cosign's form possibly without tag. */
  readonly signedReference?: string;
}

/** Far more than any payload that `planImage` makes. */
const maxPayloadBytes = 1024 * 1024;
const paeHead = `DSSEv1 ${PAYLOAD_TYPE_IN_TOTO.length} ${PAYLOAD_TYPE_IN_TOTO} `;

/**
 * The payload of an image's signature from a file: the bytes to sign as `planImage` gives them (for a Statement its DSSE encoding), a bare
 * Statement, or cosign's simple signing payload. Its format is told by what it is. Rule: wire-formats 4.1, 4.2, 6.2.
 * @throws {EnvelopeError} PAYLOAD_MALFORMED for anything else, attestations included
 */
export function parsePayload(bytes: Uint8Array): ParsedPayload {
  if (bytes.length > maxPayloadBytes)
    throw malformed(`it has ${bytes.length} bytes, at most ${maxPayloadBytes} are taken`);
  if (startsWith(bytes, 'DSSEv1 ')) return parseStatementPayload(bodyOfPae(bytes));
  return isStatementLike(bytes) ? parseStatementPayload(bytes) : parseSimplePayload(bytes);
}

/** Encoding the body again must give the same bytes: then the lengths are right too. */
function bodyOfPae(bytes: Uint8Array): Uint8Array {
  const head = /^DSSEv1 [0-9]{1,4} [!-~]{1,200} [0-9]{1,10} /.exec(textOf(bytes.subarray(0, 256)))?.[0];
  if (head === undefined || !head.startsWith(paeHead))
    throw malformed(`it is no DSSE encoding of a payload of type ${PAYLOAD_TYPE_IN_TOTO}`);
  const body = bytes.subarray(head.length);
  if (Buffer.from(pae(PAYLOAD_TYPE_IN_TOTO, body)).equals(bytes)) return body;
  throw malformed('its DSSE encoding states another length than it has');
}

/** The strict parsers decide; this only chooses whose message is more to the point. */
function isStatementLike(bytes: Uint8Array): boolean {
  return textOf(bytes).includes('"_type"');
}

function parseStatementPayload(bytes: Uint8Array): ParsedPayload {
  const { predicateType, subject } = parseStatement(bytes);
  if (predicateType !== PREDICATE_TYPE_SIGN)
    throw malformed(`it attests ${JSON.stringify(predicateType.slice(0, 80))} and is no signature of an image`);
  const [about, ...others] = subject;
  if (about === undefined || others.length > 0)
    throw malformed(`it is about ${subject.length} subjects, where one image is wanted`);
  const signedReference = Object.hasOwn(about.annotations, ANNOTATION_REF_NAME)
    ? about.annotations[ANNOTATION_REF_NAME]
    : undefined;
  return {
    payload: statementPayload(bytes),
    digest: digestOfSubject(about),
    ...(signedReference === undefined ? {} : { signedReference }),
  };
}

function digestOfSubject({ digest }: StatementSubject): Digest {
  for (const algorithm of ['sha256', 'sha512']) {
    const text = `${algorithm}:${Object.hasOwn(digest, algorithm) ? digest[algorithm] : ''}`;
    if (isDigest(text)) return text;
  }
  throw malformed('its subject has neither a sha256 nor a sha512 digest');
}

function parseSimplePayload(bytes: Uint8Array): ParsedPayload {
  const { digest, dockerReference } = parseSimpleSigning(bytes);
  const payload = simpleSigningPayload(bytes);
  return { payload, digest, ...(dockerReference === '' ? {} : { signedReference: dockerReference }) };
}

function startsWith(bytes: Uint8Array, text: string): boolean {
  return textOf(bytes.subarray(0, text.length)) === text;
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}

function malformed(why: string): EnvelopeError {
  return new EnvelopeError('PAYLOAD_MALFORMED', `not a payload of an image's signature: ${why}`);
}
