import { EnvelopeError } from '../errors.ts';
import { parseCose } from './cose.ts';
import type { NotaryEnvelope, NotaryForm } from './envelope.ts';
import { parseJws } from './jws.ts';

/** Bytes of an envelope, at most. Rule: wire-formats 12. */
export const maxNotaryEnvelopeBytes: number = 4 * 1024 * 1024;
/**
 * Reads an envelope of this form: bounded, strict, nothing verified.
 * @throws {EnvelopeError} ENVELOPE_MALFORMED, ENVELOPE_UNSUPPORTED
 */
export function parseNotaryEnvelope(bytes: Uint8Array, form: NotaryForm): NotaryEnvelope {
  if (bytes.length > maxNotaryEnvelopeBytes)
    throw new EnvelopeError(
      'ENVELOPE_MALFORMED',
      `the envelope has ${bytes.length} bytes, at most ${maxNotaryEnvelopeBytes} are read`,
    );
  return form === 'jws' ? parseJws(bytes) : parseCose(bytes);
}

/** The form that bytes without a media type seem to have; undefined for neither. */
export function guessNotaryForm(bytes: Uint8Array): NotaryForm | undefined {
  if (bytes[0] === 0xd2) return 'cose';
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 64)).toString('latin1');
  return head.trimStart().startsWith('{') ? 'jws' : undefined;
}
