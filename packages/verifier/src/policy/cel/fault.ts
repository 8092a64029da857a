/** What is wrong with an expression, at a place in it. Internal: `readCondition` turns it into a value. */
export class ExpressionFault extends Error {
  override readonly name = 'ExpressionFault';
  /** UTF-16 units from the start of the expression. */
  readonly offset: number;
  readonly hint: string | undefined;

  constructor(offset: number, message: string, hint?: string) {
    super(message);
    this.offset = offset;
    this.hint = hint;
  }
}

/** Line and column from 1, columns in UTF-16 units. Lines end with LF, CR LF or CR. */
export function lineAndColumn(text: string, offset: number): { readonly line: number; readonly column: number } {
  const lines = text.slice(0, offset).split(/\r\n|\n|\r/);
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 };
}

/** A value that a function does not take, such as `int("x")`. Internal: the condition fails with its message. */
export class ValueFault extends Error {
  override readonly name = 'ValueFault';
}
