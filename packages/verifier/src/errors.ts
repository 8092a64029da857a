/** What is wrong with a rule, or with how verification was asked for. docs/errors.md explains each; tests keep both equal. */
export type PolicyErrorCode =
  | 'POLICY_INVALID'
  | 'POLICY_UNSUPPORTED'
  | 'PLATFORM_INVALID'
  | 'LIMIT_INVALID'
  | 'BLOB_TOO_LARGE';

/** The caller's mistake, thrown before any request; what a registry or a signature does wrong is a report, never an exception. */
export class PolicyError extends Error {
  override readonly name = 'PolicyError';
  readonly code: PolicyErrorCode;

  constructor(code: PolicyErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
  }
}
