import type { Verdict } from '@signet/verifier';

/** What the shell sees. The comments are what docs/cli.md says. Rule: design.md 5. */
export const EXIT = {
  /** verified, or done */
  ok: 0,
  /** denied: the evidence was read and does not satisfy what was asked */
  denied: 1,
  /** usage or configuration: a bad flag, reference, file, key or password */
  usage: 2,
  /** undecided: the registry or the evidence could not be read */
  undecided: 3,
  /** interrupted (Ctrl-C) */
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The one place where a verdict becomes an exit code. */
export const exitCodeOf: Readonly<Record<Verdict, ExitCode>> = {
  verified: EXIT.ok,
  denied: EXIT.denied,
  undecided: EXIT.undecided,
};

const severity: readonly ExitCode[] = [EXIT.ok, EXIT.undecided, EXIT.usage, EXIT.denied, EXIT.interrupted];

/** The code of several results: interrupted, else denied if any was denied, else usage, else undecided, else 0. */
export function worstOf(codes: Iterable<ExitCode>): ExitCode {
  let worst: ExitCode = EXIT.ok;
  for (const code of codes) if (severity.indexOf(code) > severity.indexOf(worst)) worst = code;
  return worst;
}
