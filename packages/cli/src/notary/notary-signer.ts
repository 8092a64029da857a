import type { BlobSigning, EnvelopeKey, Signer, SignFormat } from '@signet/core';

/** How an image is signed in the manner of the Notary Project, and by whom. */
export interface NotarySigner {
  readonly format: SignFormat;
  readonly signer: Signer;
  /** Whose key it is is told only by the first signature: whether one is there already cannot be seen before. */
  readonly signsAnew: boolean;
  /** The same for files. @throws {EnvelopeError} ENVELOPE_UNSUPPORTED; {PluginError} PLUGIN_INCAPABLE */
  readonly forFiles: () => { readonly key: EnvelopeKey; readonly signing: BlobSigning };
}
