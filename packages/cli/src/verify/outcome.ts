import type { ImageUse, Report } from '@signet/verifier';
import { exitCodeForError } from '../errors.ts';
import { EXIT, type ExitCode, exitCodeOf } from '../exit-codes.ts';

/** An image to verify, and where it is named; nowhere where it came from the command line or a plain list. */
export interface Target {
  readonly text: string;
  readonly uses: readonly ImageUse[];
  /** `os/arch` where the input asks for one. */
  readonly platform?: string;
}

/** What came of one image: a report, or why there is none. */
export type Outcome = Target & ({ readonly report: Report } | { readonly error: unknown });

/** What the shell is told of it. `strict`: the verdict alone counts. */
export function codeFor(outcome: Outcome, strict: boolean): ExitCode {
  if ('error' in outcome) return exitCodeForError(outcome.error);
  const { allowed, verdict } = outcome.report;
  return allowed && !strict ? EXIT.ok : exitCodeOf[verdict];
}
