/** What went wrong at a registry, a layout or in what they sent. docs/errors.md explains each; tests keep both equal. */
export type RegistryErrorCode =
  | 'REFERENCE_INVALID'
  | 'DIGEST_INVALID'
  | 'JSON_INVALID'
  | 'MANIFEST_INVALID'
  | 'LAYOUT_INVALID'
  | 'NOT_FOUND'
  | 'UNAUTHORIZED'
  | 'FORBIDDEN'
  | 'CREDENTIALS'
  | 'UNREACHABLE'
  | 'TIMEOUT'
  | 'THROTTLED'
  | 'SERVER_ERROR'
  | 'UNEXPECTED_ANSWER'
  | 'REFUSED'
  | 'REDIRECT_REFUSED'
  | 'ADDRESS_REFUSED'
  | 'DIGEST_MISMATCH'
  | 'SIZE_MISMATCH'
  | 'TOO_LARGE'
  | 'LIMIT_REACHED'
  | 'CONFLICT'
  | 'UNSUPPORTED'
  | 'IO'
  | 'ABORTED';

/** The one error class of this package. `message` names what was expected and what came, never a secret. */
export class RegistryError extends Error {
  override readonly name = 'RegistryError';
  readonly code: RegistryErrorCode;
  /** HTTP status of the registry's answer, where there was one. */
  readonly status?: number;
  /** What the server speaks, or seems to, where it was spoken to in the other way. */
  readonly spoken?: 'https' | 'http';

  constructor(
    code: RegistryErrorCode,
    message: string,
    options?: { cause?: unknown; status?: number; spoken?: 'https' | 'http' },
  ) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    if (options?.status !== undefined) this.status = options.status;
    if (options?.spoken !== undefined) this.spoken = options.spoken;
  }
}
