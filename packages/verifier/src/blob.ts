import { createHash } from 'node:crypto';
import {
  type Bundle,
  type BundleHash,
  EnvelopeError,
  PAYLOAD_TYPE_IN_TOTO,
  PREDICATE_TYPE_SIGN,
  type PublicKey,
  pae,
  parseBundle,
  parseStatement,
} from '@signet/core';
import { type Digest, digestOf } from '@signet/oci';
import type { Check, CheckCode, Identity } from './finding.ts';
import { malformedCode } from './formats/decode.ts';
import { findSigner, noSignerChecks, type SignedBytes, type Signer, signerChecks } from './formats/key-signature.ts';

/** What lies beside a file: a Sigstore bundle, or a bare signature (raw, or base64 text). */
export type BlobEvidence =
  | { readonly kind: 'bundle'; readonly bytes: Uint8Array }
  | { readonly kind: 'signature'; readonly bytes: Uint8Array };

/** How a file is verified. */
export interface BlobVerification {
  readonly blob: Uint8Array;
  readonly evidence: BlobEvidence;
  readonly keys: readonly PublicKey[];
  /** What a statement must attest about the file; without it only a signature counts. */
  readonly predicateType?: string;
}

/** The answer about one file. There is no undecided: everything was handed in. */
export interface BlobReport {
  readonly verdict: 'verified' | 'denied';
  /** `VERIFIED`, or the code of the check that failed. */
  readonly code: 'VERIFIED' | CheckCode;
  readonly digest: Digest;
  readonly identity?: Identity;
  /** Of a verified statement. */
  readonly predicateType?: string;
  readonly checks: readonly Check[];
  readonly summary: string;
}

const rule = 'wire-formats 5.3';

/**
 * Whether one of the keys signed the file: a bundle with a message signature or a statement, or a detached signature.
 * @throws {EnvelopeError} ENVELOPE_UNSUPPORTED for cosign's old bundle JSON, which is none of these
 */
export function verifyBlob(asked: BlobVerification): BlobReport {
  const { evidence, blob } = asked;
  const checks =
    evidence.kind === 'signature' ? checkDetached(evidence.bytes, asked) : checkBundle(evidence.bytes, asked);
  const failed = checks.list.find(({ result }) => result === 'fail');
  const digest = digestOf(blob);
  if (failed === undefined && checks.signer !== undefined) {
    const { key } = checks.signer;
    return {
      verdict: 'verified',
      code: 'VERIFIED',
      digest,
      identity: { kind: 'key', keyId: key.id },
      ...(checks.predicateType === undefined ? {} : { predicateType: checks.predicateType }),
      checks: checks.list,
      summary: `signed by key ${key.id.slice(0, 12)}`,
    };
  }
  return {
    verdict: 'denied',
    code: failed?.code ?? 'KEY_NOT_TRUSTED',
    digest,
    checks: checks.list,
    summary: failed?.message ?? 'no trusted signature',
  };
}

interface BlobChecks {
  readonly list: readonly Check[];
  readonly signer?: Signer;
  readonly predicateType?: string;
}

function checkDetached(bytes: Uint8Array, { blob, keys }: BlobVerification): BlobChecks {
  return checkSigner({ message: blob, signature: detachedSignature(bytes), format: 'sigstore-message' }, keys);
}

/** Base64 text with a line end is what openssl and cosign write; anything else is the signature itself. */
function detachedSignature(bytes: Uint8Array): Uint8Array {
  const text = Buffer.from(bytes).toString('latin1').trim();
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(text) ? Buffer.from(text, 'base64') : bytes;
}

function checkSigner(signed: SignedBytes, keys: readonly PublicKey[]): BlobChecks {
  const { signer } = findSigner(signed, keys);
  return signer === undefined
    ? { list: noSignerChecks(signed.hint, keys, rule) }
    : { list: signerChecks(signer, rule), signer };
}

function checkBundle(bytes: Uint8Array, asked: BlobVerification): BlobChecks {
  refuseLegacy(bytes);
  let bundle: Bundle;
  try {
    bundle = parseBundle(bytes);
  } catch (error) {
    if (!(error instanceof EnvelopeError)) throw error;
    return failing('integrity', malformedCode(error), error.message);
  }
  const { key, content } = bundle;
  if (key.kind !== 'publicKey')
    return failing(
      'authenticity',
      'CERTIFICATE_NOT_KEY',
      'signed with a certificate, but keys were given to verify with',
    );
  return content.kind === 'dsse' ? checkStatement(content, key.hint, asked) : checkMessage(content, key.hint, asked);
}

type Content<K> = Extract<Bundle['content'], { readonly kind: K }>;

/** The digest in the bundle is a hint, but a wrong one is refused. Rule: wire-formats 5.1 "messageSignature". */
function checkMessage(
  { digest, signature }: Content<'message'>,
  hint: string | undefined,
  asked: BlobVerification,
): BlobChecks {
  if (asked.predicateType !== undefined)
    return failing('payload', 'PAYLOAD_TYPE', 'a bare signature of the file, but a statement was asked for');
  const signed = checkSigner({ message: asked.blob, signature, format: 'sigstore-message', hint }, asked.keys);
  if (digest === undefined) return signed;
  const hash = createHash(hashNames[digest.algorithm]).update(asked.blob).digest();
  if (hash.equals(digest.value)) return signed;
  return failing('subject', 'SUBJECT_MISMATCH', 'the digest in the bundle is not that of the file');
}

const hashNames: Readonly<Record<BundleHash, string>> = { SHA2_256: 'sha256', SHA2_384: 'sha384', SHA2_512: 'sha512' };

function checkStatement({ envelope }: Content<'dsse'>, hint: string | undefined, asked: BlobVerification): BlobChecks {
  const { payload, payloadType, signature } = envelope;
  const signed = checkSigner({ message: pae(payloadType, payload), signature, format: 'sigstore', hint }, asked.keys);
  if (signed.signer === undefined) return signed;
  return judgeStatement(payload, payloadType, asked, signed);
}

function judgeStatement(
  payload: Uint8Array,
  payloadType: string,
  asked: BlobVerification,
  signed: BlobChecks,
): BlobChecks {
  const wanted = asked.predicateType ?? PREDICATE_TYPE_SIGN;
  if (payloadType !== PAYLOAD_TYPE_IN_TOTO) return failing('payload', 'PAYLOAD_TYPE', `payload type "${payloadType}"`);
  try {
    const { predicateType, subject } = parseStatement(payload);
    if (predicateType !== wanted)
      return failing('payload', 'NOT_A_SIGNATURE', `attests "${predicateType}", expected "${wanted}"`);
    const hashes = { sha256: sha('sha256', asked.blob), sha512: sha('sha512', asked.blob) };
    const isNamed = subject.some(
      ({ digest }) =>
        digest.sha256 === hashes.sha256 || (digest.sha256 === undefined && digest.sha512 === hashes.sha512),
    );
    if (!isNamed)
      return failing('subject', 'SUBJECT_MISMATCH', `the statement is not about this file (sha256:${hashes.sha256})`);
    return { ...signed, predicateType };
  } catch (error) {
    if (!(error instanceof EnvelopeError)) throw error;
    return failing('payload', 'PAYLOAD_MALFORMED', error.message);
  }
}

function sha(algorithm: string, bytes: Uint8Array): string {
  return createHash(algorithm).update(bytes).digest('hex');
}

/** Rule: wire-formats 5.1, last paragraph: said by its name instead of "malformed". */
function refuseLegacy(bytes: Uint8Array): void {
  const text = Buffer.from(bytes.subarray(0, 1_048_576)).toString('latin1');
  if (!/"base64Signature"\s*:/.test(text) || /"mediaType"\s*:/.test(text)) return;
  const message = "this is cosign's old bundle, not a Sigstore bundle: verify its signature by itself, or sign again";
  throw new EnvelopeError('ENVELOPE_UNSUPPORTED', message);
}

function failing(name: Check['name'], code: CheckCode, message: string): BlobChecks {
  return { list: [{ name, result: 'fail', code, message, rule }] };
}
