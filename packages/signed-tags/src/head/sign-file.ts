import { MEDIA_TYPE_BUNDLE, type Signer, signBlob } from '@signet/core';
import type { TagStatement } from '../catalogue/content.ts';
import type { SignedFile } from '../catalogue/signed-file.ts';
import { CATALOGUE_PREDICATE } from './trusted-file.ts';

/**
 * Signs a catalogue file as any file is signed: a Sigstore bundle by each signer. Rule: signed-tags.md 3.3.
 * @throws {EnvelopeError} SIGNATURE_SELF_CHECK; {KeyError} what a signer throws
 */
export async function signFile(
  file: Uint8Array,
  signers: readonly Signer[],
  signal?: AbortSignal,
): Promise<SignedFile> {
  return {
    file,
    signatures: await signDocument(file, { predicateType: CATALOGUE_PREDICATE, signers, ...signalOf(signal) }),
  };
}

/** Signs bytes to one end: what was signed to another is never taken for it. @throws as {@link signFile} */
export async function signDocument(
  document: Uint8Array,
  {
    predicateType,
    signers,
    signal,
  }: {
    readonly predicateType: string;
    readonly signers: readonly Signer[];
    readonly signal?: AbortSignal;
  },
): Promise<readonly TagStatement[]> {
  const signatures: TagStatement[] = [];
  // One after the other: a signer may be a person with a token.
  for (const signer of signers) {
    const form = { kind: 'statement', predicateType } as const;
    signatures.push({
      mediaType: MEDIA_TYPE_BUNDLE,
      bytes: await signBlob({ blob: document, signer, form, ...signalOf(signal) }),
    });
  }
  return signatures;
}

function signalOf(signal: AbortSignal | undefined): { readonly signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}
