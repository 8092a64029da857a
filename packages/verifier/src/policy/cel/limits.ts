/** Bounds of a condition. The first seven are checked when it is loaded, the others while it runs: reaching one of those is `unknown`. */
export const conditionLimits = {
  /** Bytes of the expression in UTF-8. */
  maxExpressionBytes: 4096,
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
