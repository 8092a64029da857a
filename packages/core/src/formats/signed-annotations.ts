import { EnvelopeError } from '../errors.ts';
import { ANNOTATION_REF_NAME, ANNOTATION_SIGNED_AT, type SignRequest } from '../format.ts';

/** What the times that are written lie in: the years 0 to 9999, whole milliseconds. */
const maxTimeMs = 253_402_300_799_999;
/** Names that have a meaning to Signet, today or later. */
const reservedPrefix = 'dev.signet.';
/** All keys and values together, so that an envelope stays far below what readers take (4 MiB). */
const maxAnnotationBytes = 256 * 1024;

/**
 * All annotations that are signed, in the order of their keys, so that equal requests give equal bytes.
 * @throws {EnvelopeError} ANNOTATION_INVALID
 */
export function signedAnnotations(request: SignRequest): Readonly<Record<string, string>> {
  checkAnnotations(request.annotations);
  const all = {
    ...request.annotations,
    ...(request.signedReference === undefined ? {} : { [ANNOTATION_REF_NAME]: request.signedReference }),
    [ANNOTATION_SIGNED_AT]: formatTime(request.signedAtMs),
  };
  return Object.fromEntries(Object.entries(all).sort(([left], [right]) => (left < right ? -1 : 1)));
}

/** A time as payloads have it: `2026-11-23T09:00:00.120Z`. Rule: signed-tags.md 1. @throws {EnvelopeError} ANNOTATION_INVALID */
export function formatTime(ms: number): string {
  if (!Number.isInteger(ms) || ms < 0 || ms > maxTimeMs)
    throw new EnvelopeError('ANNOTATION_INVALID', `not a time in whole milliseconds since 1970: ${ms}`);
  // biome-ignore lint/style/noRestrictedGlobals: writes the time that was handed in; no clock is read.
  return new Date(ms).toISOString();
}

/** The same in whole seconds, as `org.opencontainers.image.created` is written: `2026-11-23T09:00:00Z`. */
export function formatSeconds(ms: number): string {
  return formatTime(ms).replace(/\.[0-9]{3}Z$/, 'Z');
}

/**
 * Keys and values are Unicode text: half of a surrogate pair would make JSON that other readers refuse.
 * @throws {EnvelopeError} ANNOTATION_INVALID
 */
export function checkAnnotations(annotations: Readonly<Record<string, string>>): void {
  let bytes = 0;
  for (const [key, value] of Object.entries(annotations)) {
    if (key === '') throw new EnvelopeError('ANNOTATION_INVALID', 'an annotation has an empty key');
    if (key === ANNOTATION_REF_NAME || key.startsWith(reservedPrefix))
      throw new EnvelopeError(
        'ANNOTATION_INVALID',
        `the annotation ${JSON.stringify(key.slice(0, 80))} is reserved for Signet itself`,
      );
    if (!key.isWellFormed() || !value.isWellFormed())
      throw new EnvelopeError('ANNOTATION_INVALID', `the annotation ${JSON.stringify(key)} is not Unicode text`);
    bytes += Buffer.byteLength(key) + Buffer.byteLength(value);
  }
  if (bytes > maxAnnotationBytes)
    throw new EnvelopeError('ANNOTATION_INVALID', `annotations of ${bytes} bytes: at most ${maxAnnotationBytes}`);
}
