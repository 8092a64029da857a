import { type Bundle, EnvelopeError, parseBundle, parseStatement, type Statement } from '@signet/core';

/** A bundle, or what is wrong with the bytes as a value: malformed evidence is a finding, not an exception. */
export function readBundle(bytes: Uint8Array): Bundle | EnvelopeError {
  return attempt(() => parseBundle(bytes));
}

/** An in-toto statement, or what is wrong with the bytes. */
export function readStatement(bytes: Uint8Array): Statement | EnvelopeError {
  return attempt(() => parseStatement(bytes));
}

/** What is wrong with bytes that are no bundle, as a check's code. */
export function malformedCode({
  code,
}: EnvelopeError): 'ENVELOPE_MALFORMED' | 'ENVELOPE_UNSUPPORTED' | 'SIGNATURE_COUNT' {
  return code === 'ENVELOPE_UNSUPPORTED' || code === 'SIGNATURE_COUNT' ? code : 'ENVELOPE_MALFORMED';
}

/** The decoders throw one class alone; anything else is a defect and goes on. */
export function attempt<T>(decode: () => T): T | EnvelopeError {
  try {
    return decode();
  } catch (error) {
    if (error instanceof EnvelopeError) return error;
    throw error;
  }
}
