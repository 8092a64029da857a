/** Where something stands in a file; line and column count from 1. */
export interface Place {
  /** As it was named: a path, or `-`. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
}
