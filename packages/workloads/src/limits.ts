/** What one input may cost. Every loop over an input counts against one of these. */
export interface WorkloadLimits {
  /** Bytes of one input. */
  readonly maxBytes: number;
  /** Tokens of YAML or JSON in one input: what a parser's time goes by. */
  readonly maxTokens: number;
  /** Tokens in one of its documents: what its memory goes by, some 350 bytes each. */
  readonly maxDocumentTokens: number;
  /** Values within values, in YAML and JSON; Lists within Lists count too. */
  readonly maxDepth: number;
  /** Documents of one input, and its directives. */
  readonly maxDocuments: number;
  /** Characters of a Dockerfile. */
  readonly maxDockerfile: number;
  /** Uses of images in one input. */
  readonly maxImages: number;
  readonly maxProblems: number;
  /** Values looked at, each as often as an alias or merge leads to it. */
  readonly maxSteps: number;
  /** Characters of one image reference with its variables, and of what they become. */
  readonly maxReference: number;
}

/** The limits that hold unless a caller sets others. */
export const defaultWorkloadLimits: WorkloadLimits = {
  maxBytes: 16 * 1024 * 1024,
  maxTokens: 4_000_000,
  maxDocumentTokens: 2_000_000,
  maxDepth: 200,
  maxDocuments: 10_000,
  maxDockerfile: 1024 * 1024,
  maxImages: 20_000,
  maxProblems: 1_000,
  maxSteps: 2_000_000,
  maxReference: 4096,
};
