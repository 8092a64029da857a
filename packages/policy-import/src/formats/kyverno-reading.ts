import type { ImportOptions, Loss } from '../model.ts';
import type { SourceBook } from '../source-book.ts';

/** What reading one of Kyverno's policies needs; `losses` are those that belong to no rule. */
export interface KyvernoReading {
  readonly book: SourceBook;
  readonly options: ImportOptions;
  readonly losses: Loss[];
}
