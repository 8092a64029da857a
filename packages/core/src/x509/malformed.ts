import { CertificateError } from '../errors.ts';

/** The error for bytes that are no certificate. */
export function malformed(why: string, cause?: unknown): CertificateError {
  return new CertificateError('CERTIFICATE_MALFORMED', `not a certificate that is taken: ${why}`, { cause });
}
