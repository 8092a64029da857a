/** What policies call the formats of signatures, in the order of `defaultFormats`. */
export const formatNames: readonly ['sigstore', 'cosign', 'notary'] = ['sigstore', 'cosign', 'notary'];

/** One of them. */
export type FormatName = (typeof formatNames)[number];
