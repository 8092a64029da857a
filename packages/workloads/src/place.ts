/** A range of an input. Lines and columns count from 1, offsets from 0; columns and offsets in UTF-16 code units of the decoded text. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  /** The column after the last character. */
  readonly endColumn: number;
  readonly offset: number;
  /** The offset after the last character. */
  readonly endOffset: number;
}

/** A range by its offsets alone. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Gives offsets of one text their lines. */
export interface PlaceFinder {
  readonly placeOf: (span: Span) => Place;
}

/** Lines end in LF, CRLF or CR. */
export function createPlaceFinder(file: string, text: string): PlaceFinder {
  const starts = lineStarts(text);
  const positionOf = (offset: number): readonly [number, number] => {
    const line = lastAtMost(starts, offset);
    return [line + 1, offset - (starts[line] ?? 0) + 1];
  };
  return {
    placeOf({ start, end }) {
      const [line, column] = positionOf(start);
      const [endLine, endColumn] = positionOf(Math.max(start, end));
      return { file, line, column, endLine, endColumn, offset: start, endOffset: Math.max(start, end) };
    },
  };
}

function lineStarts(text: string): readonly number[] {
  const starts = [0];
  for (const { index, 0: ending } of text.matchAll(/\r\n?|\n/g)) starts.push(index + ending.length);
  return starts;
}

/** The index of the last of the ascending numbers that is not above `wanted`; 0 where all are. */
export function lastAtMost(ascending: readonly number[], wanted: number): number {
  let low = 0;
  let high = ascending.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((ascending[middle] ?? 0) <= wanted) low = middle;
    else high = middle - 1;
  }
  return low;
}
