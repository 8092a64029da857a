import type { Place } from './policy/place.ts';

/** What is wrong with a rule, or with how verification was asked for. docs/errors.md explains each; tests keep both equal. */
export type PolicyErrorCode =
  | 'POLICY_INVALID'
  | 'POLICY_UNSUPPORTED'
  | 'POLICY_DOUBTFUL'
  | 'EXAMPLE_KEY'
  | 'PLATFORM_INVALID'
  | 'LIMIT_INVALID'
  | 'BLOB_TOO_LARGE';

/** What may be told beside the message. */
export interface PolicyErrorOptions {
  readonly cause?: unknown;
  readonly place?: Place;
  readonly hint?: string;
}

/** The caller's mistake, thrown before any request; what a registry or a signature does wrong is a report, never an exception. */
export class PolicyError extends Error {
  override readonly name = 'PolicyError';
  readonly code: PolicyErrorCode;
  /** Where in a file, when it is about one; the message begins with it (`policy.yaml:3:5: …`). */
  readonly place: Place | undefined;
  /** What to do, such as `did you mean "require"?`. */
  readonly hint: string | undefined;

  constructor(code: PolicyErrorCode, message: string, options: PolicyErrorOptions = {}) {
    const { place, hint, cause } = options;
    const where = place === undefined ? '' : `${place.file}:${place.line}:${place.column}: `;
    super(`${where}${message}`, cause === undefined ? undefined : { cause });
    this.code = code;
    this.place = place;
    this.hint = hint;
  }
}
