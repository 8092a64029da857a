/** The codes that an answer may carry; `UNDECIDED` is the verifying proxy's own. Rule: distribution-spec 1.1, "Error Codes". */
export type ErrorCode =
  | 'BLOB_UNKNOWN'
  | 'BLOB_UPLOAD_INVALID'
  | 'BLOB_UPLOAD_UNKNOWN'
  | 'DIGEST_INVALID'
  | 'MANIFEST_BLOB_UNKNOWN'
  | 'MANIFEST_INVALID'
  | 'MANIFEST_UNKNOWN'
  | 'NAME_INVALID'
  | 'NAME_UNKNOWN'
  | 'SIZE_INVALID'
  | 'UNAUTHORIZED'
  | 'DENIED'
  | 'UNSUPPORTED'
  | 'TOOMANYREQUESTS'
  | 'UNDECIDED';

/** One entry of the error body. `detail` is any JSON that helps the client. */
export interface ErrorEntry {
  readonly code: ErrorCode;
  readonly message: string;
  readonly detail?: unknown;
}

/** What else an answer of failure carries. */
export interface ApiErrorOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly detail?: unknown;
  /** Further errors of the same answer, after the first. */
  readonly more?: readonly ErrorEntry[];
}

/** A request that is answered with a failure. Thrown by handlers, turned into the spec's error body at one place. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly errors: readonly ErrorEntry[];
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, code: ErrorCode, message: string, options: ApiErrorOptions = {}) {
    super(message);
    this.status = status;
    const { detail, more = [], headers = {} } = options;
    this.errors = [{ code, message, ...(detail === undefined ? {} : { detail }) }, ...more];
    this.headers = headers;
  }
}

/** Why a registry could not be started. `ROOT_IN_USE`: another server has this folder open. */
export type StartErrorCode = 'ROOT_IN_USE' | 'ROOT_INVALID' | 'HTPASSWD_INVALID' | 'OPTIONS_INVALID';

/** Thrown by `startRegistry` for what its caller or the world did wrong. */
export class RegistryStartError extends Error {
  override readonly name = 'RegistryStartError';
  readonly code: StartErrorCode;

  constructor(code: StartErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** A text from outside for a message: quoted, control characters escaped, cut at 160 characters. */
export function show(text: string): string {
  const cut = text.length > 160 ? `${text.slice(0, 160)}…` : text;
  // JSON leaves DEL, C1 and the bidirectional controls as they are.
  return JSON.stringify(cut).replace(/[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
