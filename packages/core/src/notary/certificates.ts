import { EnvelopeError } from '../errors.ts';

/** Certificates of a chain, and bytes of each, at most. Rule: wire-formats 12. */
const maxCertificates = 10;
const maxCertificateBytes: number = 64 * 1024;

/** The certificates of an envelope, bounded. @throws {EnvelopeError} ENVELOPE_MALFORMED for none, too many or too large ones */
export function boundedChain(certificates: readonly Uint8Array[]): readonly Uint8Array[] {
  const { length } = certificates;
  if (length === 0) throw new EnvelopeError('ENVELOPE_MALFORMED', 'the envelope has no certificate');
  if (length > maxCertificates)
    throw new EnvelopeError('ENVELOPE_MALFORMED', `${length} certificates, at most ${maxCertificates} are read`);
  const large = certificates.find((each) => each.length > maxCertificateBytes);
  if (large !== undefined)
    throw new EnvelopeError(
      'ENVELOPE_MALFORMED',
      `a certificate of ${large.length} bytes, at most ${maxCertificateBytes} are read`,
    );
  return certificates;
}
