/** Bounds of loading one policy; reaching one is a fault of the policy. Bytes, counts and levels as their names say. */
export interface PolicyLimits {
  readonly maxFileBytes: number;
  /** All policy files together. */
  readonly maxTotalBytes: number;
  readonly maxFiles: number;
  /** How deep `extends` may lead. */
  readonly maxExtendsDepth: number;
  /** Lexical tokens of all files, white space included: what reading them costs. */
  readonly maxTokens: number;
  /** How deep lists and maps may be nested. */
  readonly maxDepth: number;
  /** Values of all files, and the characters (UTF-16) of their texts, with what aliases and variables repeat. */
  readonly maxValues: number;
  readonly maxCharacters: number;
  /** Of one file. */
  readonly maxVariables: number;
  readonly maxSources: number;
  readonly maxCatalogues: number;
  readonly maxRules: number;
  readonly maxPatterns: number;
  /** Levels and branches of one `require`. */
  readonly maxRequireDepth: number;
  readonly maxRequireBranches: number;
  /** Key files, those of folders included, and their bytes together. */
  readonly maxKeyFiles: number;
  readonly maxKeyBytes: number;
  /** Different keys, and how many all sources and refusals together hold: one key may be in many. */
  readonly maxKeys: number;
  readonly maxKeyUses: number;
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
  maxValues: 300_000,
  maxCharacters: 8 * 1024 * 1024,
  maxVariables: 1_000,
  maxSources: 2_000,
  maxCatalogues: 100,
  maxRules: 10_000,
  maxPatterns: 10_000,
  maxRequireDepth: 8,
  maxRequireBranches: 64,
  maxKeyFiles: 2_000,
  maxKeyBytes: 16 * 1024 * 1024,
  maxKeys: 2_000,
  maxKeyUses: 100_000,
  maxFolderEntries: 1_000,
  maxProblems: 100,
};
