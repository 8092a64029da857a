/** Bounds of loading one policy; reaching one is a fault of the policy. Bytes, counts and levels as their names say. */
export interface PolicyLimits {
  readonly maxFileBytes: number;
  /** All policy files together. */
  readonly maxTotalBytes: number;
  readonly maxFiles: number;
  /** How deep `extends` may lead. */
  readonly maxExtendsDepth: number;
  /** Lexical tokens of one file, white space included: what reading it costs. */
  readonly maxTokens: number;
  /** How deep lists and maps may be nested. */
  readonly maxDepth: number;
  /** Values of one file, with what aliases repeat. */
  readonly maxNodes: number;
  readonly maxRules: number;
  readonly maxPatterns: number;
  /** Levels and branches of one `require`. */
  readonly maxRequireDepth: number;
  readonly maxRequireBranches: number;
  /** Key files, those of folders included, and their bytes together. */
  readonly maxKeyFiles: number;
  readonly maxKeyBytes: number;
  /** Entries of a folder of keys. */
  readonly maxFolderEntries: number;
  /** Faults that are told. */
  readonly maxProblems: number;
}

export const policyLimits: PolicyLimits = {
  maxFileBytes: 1024 * 1024,
  maxTotalBytes: 4 * 1024 * 1024,
  maxFiles: 32,
  maxExtendsDepth: 8,
  maxTokens: 600_000,
  maxDepth: 32,
  maxNodes: 300_000,
  maxRules: 10_000,
  maxPatterns: 10_000,
  maxRequireDepth: 8,
  maxRequireBranches: 64,
  maxKeyFiles: 2_000,
  maxKeyBytes: 16 * 1024 * 1024,
  maxFolderEntries: 1_000,
  maxProblems: 100,
};
