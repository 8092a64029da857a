import type { ImageUse } from '@signet/verifier';
import { renderError } from '../errors.ts';
import type { Io } from '../io.ts';
import type { OutputOptions } from '../options/output.ts';
import type { Outcome } from './outcome.ts';

/** Where results go, one after the other. */
export interface ResultSink {
  readonly add: (outcome: Outcome) => void;
  /** The list of images ended with an error, which is told elsewhere: what was added is not all. */
  readonly breakOff: (error: unknown) => void;
  /** All were added. */
  readonly end: () => void;
}

/** How results are written. */
export interface SinkOptions {
  readonly io: Io;
  readonly output: OutputOptions;
  /** The verdict alone counts. */
  readonly strict: boolean;
}

/** One for each place; one without where there is none. */
export function usesOf({ uses }: Outcome): readonly (ImageUse | undefined)[] {
  return uses.length === 0 ? [undefined] : uses;
}

/** On standard error, whatever the form of the results: a document may hold it too. */
export function writeError(outcome: Outcome & { readonly error: unknown }, io: Io, { verbose }: OutputOptions): void {
  const { place } = outcome.uses[0] ?? {};
  const where = place === undefined ? '' : `${place.file}:${place.line}:${place.column}: `;
  io.stderr.write(renderError(outcome.error, { verbose, subject: `${where}${outcome.text}` }));
}
