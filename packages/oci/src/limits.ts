/** Bounds on what is read from outside. Every loop over remote data takes its bound from here. Rule: wire-formats 12. */
export interface Limits {
  /** Bytes of one manifest, index or listing page. Rule: distribution-spec, "Pushing Manifests" (at least 4 MiB). */
  readonly maxManifestBytes: number;
  /** Bytes of one blob that is read whole. */
  readonly maxBlobBytes: number;
  /** `Link` pages of one listing. */
  readonly maxPages: number;
  /** Entries of one referrers listing or fallback index: more than anybody pushes in passing, so that a flood hides nothing cheaply. */
  readonly maxReferrers: number;
  readonly maxRedirects: number;
  /** Bytes of a token server's answer, an error body, a credential helper's answer. */
  readonly maxTokenBytes: number;
  /** Nesting of arrays and objects. */
  readonly maxJsonDepth: number;
}

export const defaultLimits: Limits = {
  maxManifestBytes: 4 * 1024 * 1024,
  maxBlobBytes: 16 * 1024 * 1024,
  maxPages: 100,
  maxReferrers: 20_000,
  maxRedirects: 5,
  maxTokenBytes: 1024 * 1024,
  maxJsonDepth: 64,
};
