import { type Digest, parseDigest } from '@signet/oci';
import type { Check, CheckCode, Identity } from '../finding.ts';
import { shortKey } from '../report/key-name.ts';
import { type BlobChecks, type BlobEvidence, type BlobTrust, questionOf } from './blob-evidence.ts';
import { type BlobFacts, BlobReader } from './blob-reader.ts';

/** How a file is verified. */
export interface BlobVerification extends BlobTrust {
  readonly blob: Uint8Array;
  readonly evidence: BlobEvidence;
}

/** How a file of any size is verified, read once and not held. */
export interface BlobStreamVerification extends BlobTrust {
  readonly blob: AsyncIterable<Uint8Array>;
  readonly evidence: BlobEvidence;
  /** Only for Ed25519 keys the bytes are held, so many at most; default 256 MiB. */
  readonly maxHeldBytes?: number;
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

/**
 * Whether one of the keys signed the file: a bundle with a message signature or a statement, or a detached signature.
 * @throws {EnvelopeError} ENVELOPE_UNSUPPORTED for cosign's old bundle JSON, which is none of these
 */
export function verifyBlob(asked: BlobVerification): BlobReport {
  const { signature, conclude } = questionOf(asked.evidence, asked);
  const reader = new BlobReader(signature === undefined ? undefined : { signature, ...asked }, asked.blob.length);
  reader.update(asked.blob);
  return answer(reader.finish(), conclude);
}

/**
 * As {@link verifyBlob}, for a file that comes piece by piece.
 * @throws {EnvelopeError} ENVELOPE_UNSUPPORTED; {PolicyError} BLOB_TOO_LARGE (Ed25519 keys alone); what the stream throws
 */
export async function verifyBlobStream(asked: BlobStreamVerification): Promise<BlobReport> {
  const { maxHeldBytes = 256 * 1024 * 1024 } = asked;
  const { signature, conclude } = questionOf(asked.evidence, asked);
  const reader = new BlobReader(signature === undefined ? undefined : { signature, ...asked }, maxHeldBytes);
  for await (const piece of asked.blob) reader.update(piece);
  return answer(reader.finish(), conclude);
}

function answer(facts: BlobFacts, conclude: (facts: BlobFacts) => BlobChecks): BlobReport {
  const { list, signer, predicateType } = conclude(facts);
  const digest = parseDigest(`sha256:${Buffer.from(facts.hashes.sha256).toString('hex')}`);
  const failed = list.find(({ result }) => result === 'fail');
  if (failed !== undefined || signer === undefined) {
    const [code, summary] = [failed?.code ?? 'KEY_NOT_TRUSTED', failed?.message ?? 'no trusted signature'] as const;
    return { verdict: 'denied', code, digest, checks: list, summary };
  }
  return {
    verdict: 'verified',
    code: 'VERIFIED',
    digest,
    identity: { kind: 'key', keyId: signer.key.id },
    ...(predicateType === undefined ? {} : { predicateType }),
    checks: list,
    summary: `signed by ${shortKey(signer.key.id)}`,
  };
}
