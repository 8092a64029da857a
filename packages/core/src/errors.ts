/** What is wrong with a key, or why it did not sign. docs/errors.md explains each; tests keep both equal. */
export type KeyErrorCode =
  | 'KEY_UNREADABLE'
  | 'KEY_EMPTY'
  | 'KEY_TRUNCATED'
  | 'KEY_MALFORMED'
  | 'KEY_AMBIGUOUS'
  | 'KEY_WRONG_KIND'
  | 'KEY_UNSUPPORTED'
  | 'KEY_WEAK'
  | 'KEY_PASSWORD_NEEDED'
  | 'KEY_PASSWORD_WRONG'
  | 'KEY_REFUSED';

/** A key file or a signer failed. The message never holds key material or a password. */
export class KeyError extends Error {
  override readonly name = 'KeyError';
  readonly code: KeyErrorCode;

  constructor(code: KeyErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
  }
}

/** What is wrong with an envelope or payload, or with storing one. */
export type EnvelopeErrorCode =
  | 'ENVELOPE_MALFORMED'
  | 'ENVELOPE_UNSUPPORTED'
  | 'SIGNATURE_COUNT'
  | 'PAYLOAD_MALFORMED'
  | 'SUBJECT_CHANGED'
  | 'SIGNATURE_NOT_STORED'
  | 'SIGNATURE_SELF_CHECK'
  | 'SIGNATURE_INVALID'
  | 'ANNOTATION_INVALID'
  | 'MEDIA_TYPE_INVALID'
  | 'BLOB_IS_PAYLOAD';

/** Bytes that are no envelope of their format, or a signature that could not be made or stored. */
export class EnvelopeError extends Error {
  override readonly name = 'EnvelopeError';
  readonly code: EnvelopeErrorCode;

  constructor(code: EnvelopeErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
  }
}

/** What is wrong with a certificate or a name that should be one of a certificate. */
export type CertificateErrorCode = 'CERTIFICATE_MALFORMED' | 'NAME_INVALID';

/** Bytes that are no certificate, or a text that is no name of one. A chain that breaks a rule is a result, not an error. */
export class CertificateError extends Error {
  override readonly name = 'CertificateError';
  readonly code: CertificateErrorCode;

  constructor(code: CertificateErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
  }
}

/** What is wrong with a Notary plugin: with finding or running it, or with what it answers. */
export type PluginErrorCode =
  | 'PLUGIN_NAME_INVALID'
  | 'PLUGIN_NOT_FOUND'
  | 'PLUGIN_FILE_UNFIT'
  | 'PLUGIN_FAILED'
  | 'PLUGIN_TIMED_OUT'
  | 'PLUGIN_OUTPUT_TOO_LARGE'
  | 'PLUGIN_CONTRACT'
  | 'PLUGIN_INCAPABLE';

/** What a plugin itself says has gone wrong. Rule: wire-formats 10. */
export type PluginFailure =
  | 'VALIDATION_ERROR'
  | 'UNSUPPORTED_CONTRACT_VERSION'
  | 'ACCESS_DENIED'
  | 'TIMEOUT'
  | 'THROTTLED'
  | 'ERROR';

/** A plugin could not be run, failed, or broke its contract. The message has the plugin's words only in part: they come from outside. */
export class PluginError extends Error {
  override readonly name = 'PluginError';
  readonly code: PluginErrorCode;
  /** With PLUGIN_FAILED, where the plugin said it in the way of its contract. */
  readonly failure: PluginFailure | undefined;
  /** The same call may succeed later. */
  readonly isRetryable: boolean;

  constructor(code: PluginErrorCode, message: string, options: { cause?: unknown; failure?: PluginFailure } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.failure = options.failure;
    this.isRetryable = options.failure === 'TIMEOUT' || options.failure === 'THROTTLED';
  }
}
