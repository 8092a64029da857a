/** Why Docker Content Trust data could not be read, or is not believed. docs/errors.md explains each; tests keep both equal. */
export type DctErrorCode =
  | 'DCT_QUESTION_INVALID'
  | 'DCT_NOT_THERE'
  | 'DCT_FILE_MISSING'
  | 'DCT_UNREADABLE'
  | 'DCT_MALFORMED'
  | 'DCT_TOO_LARGE'
  | 'DCT_MISMATCH'
  | 'DCT_NOT_SIGNED'
  | 'DCT_EXPIRED'
  | 'DCT_ROLLBACK'
  | 'DCT_ROOT_CERTIFICATE'
  | 'DCT_ROOT_NOT_TRUSTED';

/** The one error class of this package; what a server does is a `RegistryError`. */
export class DctError extends Error {
  override readonly name = 'DctError';
  readonly code: DctErrorCode;

  constructor(code: DctErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
