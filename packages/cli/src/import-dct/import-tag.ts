import { type Signer, signImage, sigstoreFormat } from '@signet/core';
import type { TrustedTag } from '@signet/dct';
import { type Descriptor, type Digest, type RegistryReference, type Store, unlessMissing } from '@signet/oci';

/** What became of one tag. */
export type ImportedTag = { readonly trusted: TrustedTag } & (
  | { readonly outcome: 'signed' | 'signed-before'; readonly signature: Digest }
  /** The registry has the very same image under the tag; it was not signed here. */
  | { readonly outcome: 'accepted' }
  /** The registry has another image under the tag. */
  | { readonly outcome: 'differs'; readonly found: Pick<Descriptor, 'digest' | 'size'> }
  /** The tag is not in the registry. */
  | { readonly outcome: 'missing' }
  | { readonly outcome: 'failed'; readonly error: unknown }
);

/** Where the tag is looked for, and who signs; without a signer nothing is signed. */
export interface ImportTask {
  readonly repository: RegistryReference;
  readonly store: Store;
  readonly signer: Signer | undefined;
  readonly signal: AbortSignal;
}

/** Signs the image for its tag where the registry has the very same one under it. Never throws: what goes wrong is the outcome. */
export async function importTag(trusted: TrustedTag, task: ImportTask): Promise<ImportedTag> {
  try {
    const { store, signal, signer } = task;
    const resolved = await unlessMissing(store.resolve(trusted.tag, { signal }));
    if (resolved === undefined) return { trusted, outcome: 'missing' };
    const { digest, size } = resolved.descriptor;
    if (digest !== trusted.digest || size !== trusted.length)
      return { trusted, outcome: 'differs', found: { digest, size } };
    return signer === undefined ? { trusted, outcome: 'accepted' } : await sign(trusted, { ...task, signer });
  } catch (error) {
    return { trusted, outcome: 'failed', error };
  }
}

/** As `signet sign REPOSITORY:TAG@DIGEST` does: a tag that moves meanwhile is not signed. */
async function sign(
  trusted: TrustedTag,
  { repository, store, signer, signal }: ImportTask & { readonly signer: Signer },
): Promise<ImportedTag> {
  const { tag, digest } = trusted;
  const [result] = await signImage({
    store,
    reference: { ...repository, tag, digest },
    format: sigstoreFormat,
    signedAtMs: Date.now(),
    signer,
    signal,
  });
  if (result === undefined || result.outcome === 'dry-run') return { trusted, outcome: 'accepted' };
  const outcome = result.outcome === 'new' ? 'signed' : 'signed-before';
  return { trusted, outcome, signature: result.signatureManifest };
}
