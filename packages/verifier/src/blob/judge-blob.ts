import { EnvelopeError } from '@signet/core';
import { type Identity, isKeyOf, signerId } from '../finding.ts';
import type { FormatName } from '../format-names.ts';
import type { Refusals } from '../policy/policy.ts';
import { meets, type Requirement } from '../policy/requirement.ts';
import { sourcesOf } from '../policy/rule.ts';
import { takesFormat, trusts } from '../policy/source.ts';
import { type BlobReport, verifyBlob } from './blob.ts';

/** A file with signatures over it, and who has to have signed. */
export interface BlobToJudge {
  readonly blob: Uint8Array;
  /** As many as the caller lets in: each is verified with every key of the requirement. */
  readonly signatures: readonly { readonly mediaType: string; readonly bytes: Uint8Array }[];
  /** What a signature has to attest of the file: what was signed to another end does not count. */
  readonly predicateType: string;
  readonly require: Requirement;
  readonly refuse: Refusals;
}

/** Who signed a file, and in which format. */
export interface BlobSigner {
  readonly identity: Identity;
  readonly format: FormatName;
}

/** What the signatures came to. */
export interface BlobJudgement {
  readonly isMet: boolean;
  /** Whom some source of the requirement trusts, each once. */
  readonly signers: readonly BlobSigner[];
  /** Why the other signatures do not count; texts from outside are in them. */
  readonly reasons: readonly string[];
}

/**
 * Whether the signatures over a file meet a requirement, as those of an image meet a rule: each is verified by itself, one that is bad or
 * not understood hides no good one, and what the policy refuses never counts. Pure but for the arithmetic of keys.
 */
export async function judgeBlob(question: BlobToJudge): Promise<BlobJudgement> {
  const answers = question.signatures.map((signature) => answerOf(signature, question));
  const found = answers.flatMap((answer) => (typeof answer === 'string' ? [] : [answer]));
  const signers = [...new Map(found.map((signer) => [signerId(signer.identity), signer])).values()];
  return {
    isMet: signersMeet(question.require, signers),
    signers,
    reasons: answers.filter((answer) => typeof answer === 'string'),
  };
}

/** Whether these signers together meet the requirement. */
export function signersMeet(require: Requirement, signers: readonly BlobSigner[]): boolean {
  return meets(require, (source) => {
    const own = signers.filter((signer) => takesFormat(source, signer) && trusts(source, signer.identity));
    return new Set(own.map(({ identity }) => signerId(identity)));
  });
}

const bundleType = 'application/vnd.dev.sigstore.bundle';

/** The signer, or why there is none. */
function answerOf(signature: BlobToJudge['signatures'][number], question: BlobToJudge): BlobSigner | string {
  if (!signature.mediaType.startsWith(bundleType))
    return `a signature of the type ${JSON.stringify(signature.mediaType.slice(0, 100))} is not understood`;
  const { identity, summary } = verified(signature.bytes, question);
  if (identity === undefined) return summary;
  if (isKeyOf(identity, question.refuse.keyIds)) return 'signed by a key that is refused';
  return { identity, format: 'sigstore' };
}

function verified(
  bytes: Uint8Array,
  { blob, predicateType, require }: BlobToJudge,
): Pick<BlobReport, 'identity' | 'summary'> {
  const keys = sourcesOf(require).flatMap((source) => source.keys);
  try {
    return verifyBlob({ blob, evidence: { kind: 'bundle', bytes }, keys, predicateType });
  } catch (error) {
    if (error instanceof EnvelopeError) return { summary: error.message }; // cosign's old bundle
    throw error;
  }
}
