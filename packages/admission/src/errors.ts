/** Why a request or the server's own configuration is of no use. docs/errors.md explains each; a test keeps both equal. */
export type AdmissionErrorCode =
  | 'REQUEST_INVALID'
  | 'REQUEST_UNSUPPORTED'
  | 'SERVER_INVALID'
  | 'CLUSTER_API_FAILED'
  | 'RESIDENT_FAILED'
  | 'DAEMON_FAILED'
  | 'SOCKET_IN_USE'
  | 'ENGINE_CONFIG';

/** The one error class of this package: what the caller sent or configured is wrong. */
export class AdmissionError extends Error {
  override readonly name = 'AdmissionError';
  readonly code: AdmissionErrorCode;

  constructor(code: AdmissionErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}
