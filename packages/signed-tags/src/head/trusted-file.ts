import { type BlobSigner, judgeBlob, type Refusals, type Requirement } from '@signet/verifier';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { parseCatalogue } from '../catalogue/parse.ts';
import type { SignedFile } from '../catalogue/signed-file.ts';
import { TagsError } from '../errors.ts';

/** What the signature of a catalogue file attests of it. An identifier: nothing is fetched. Rule: signed-tags.md 3.3. */
export const CATALOGUE_PREDICATE = 'https://signet.dev/catalogue/v1';

/** Whose word a file has to be, and about what. */
export interface FileQuestion {
  /** `REGISTRY/REPOSITORY`, folded. */
  readonly collection: string;
  /** Of the policy's catalogue. */
  readonly signedBy: Requirement;
  readonly refuse: Refusals;
}

/** What a file is worth. `message` holds texts from outside. */
export type FileJudgement =
  | { readonly kind: 'trusted'; readonly catalogue: Catalogue; readonly signers: readonly BlobSigner[] }
  | {
      readonly kind: 'refused';
      readonly code: 'CATALOGUE_NOT_TRUSTED' | 'CATALOGUE_MALFORMED' | 'COLLECTION_MISMATCH';
      readonly message: string;
    };

/**
 * Whether a file is the catalogue of this collection by those who may sign it. Its times are for the caller to judge. Nothing is parsed
 * before its signature holds. Pure but for the arithmetic of keys. Rule: signed-tags.md 4.1, step 3.
 */
export async function judgeFile({ file, signatures }: SignedFile, question: FileQuestion): Promise<FileJudgement> {
  const { collection, signedBy, refuse } = question;
  const judged = await judgeBlob({
    blob: file,
    signatures,
    predicateType: CATALOGUE_PREDICATE,
    require: signedBy,
    refuse,
  });
  if (!judged.isMet) return refused('CATALOGUE_NOT_TRUSTED', notTrusted(judged));
  const catalogue = parsed(file);
  if (catalogue instanceof TagsError) return refused('CATALOGUE_MALFORMED', catalogue.message);
  if (catalogue.collection !== collection)
    return refused('COLLECTION_MISMATCH', `the catalogue is that of ${catalogue.collection}, not of ${collection}`);
  return { kind: 'trusted', catalogue, signers: judged.signers };
}

function notTrusted({
  signers,
  reasons,
}: {
  readonly signers: readonly unknown[];
  readonly reasons: readonly string[];
}): string {
  if (signers.length > 0) return `the catalogue is signed by ${signers.length} of those who may, which is not enough`;
  return `the catalogue is not signed by anybody who may sign it${reasons.length === 0 ? '' : `: ${reasons.join('; ')}`}`;
}

function parsed(file: Uint8Array): Catalogue | TagsError {
  try {
    return parseCatalogue(file);
  } catch (error) {
    if (error instanceof TagsError) return error;
    throw error;
  }
}

function refused(code: Extract<FileJudgement, { kind: 'refused' }>['code'], message: string): FileJudgement {
  return { kind: 'refused', code, message };
}
