/** Bounds of conditions. Those above the gap are checked when they are loaded, the others while they run: reaching one is `unknown`. */
export const conditionLimits = {
  /** Bytes of the expression in UTF-8. */
  maxExpressionBytes: 4096,
  /** Bytes of all different expressions of a policy. */
  maxTotalBytes: 131_072,
  /** Brackets within brackets; checked before parsing, since the parser recurses. */
  maxNesting: 32,
  /** Operators, calls and selections within one another. */
  maxDepth: 100,
  /** Elements of a list, entries of a map written down. */
  maxLiteralElements: 1000,
  /** all, exists, exists_one, map and filter within one another. */
  maxComprehensionDepth: 2,
  /** Characters of a regular expression. */
  maxPatternLength: 1000,
  /** Instructions that a regular expression compiles to: `{500}` repeats what stands before it 500 times. */
  maxPatternProgram: 1000,
  /** Characters and classes of a regular expression, with what `{…}` repeats: before it is compiled, which would write them all out. */
  maxPatternParts: 4000,
  /** `\p` and `\P` in a regular expression: each is a table of hundreds of ranges. */
  maxPatternClasses: 32,
  /** Characters that ranges hold in a regular expression with the flag `i`: each is looked up in both cases. */
  maxFoldedCharacters: 4096,

  /** Steps of one evaluation: one for each part of the expression each time it may be evaluated, and more for long values. */
  maxSteps: 100_000,
  /** Characters, bytes or list elements that one step pays for. */
  unitsPerStep: 64,
  /** Characters times instructions of a regular expression that one step pays for. */
  matchUnitsPerStep: 32,
  /** Characters (UTF-16) of a string, bytes of a bytes value, that an expression may make. */
  maxStringLength: 65_536,
  /** Elements of a list that an expression may make. */
  maxListLength: 10_000,
} as const;
