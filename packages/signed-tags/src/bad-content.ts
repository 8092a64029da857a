import { RegistryError } from '@signet/oci';

const codes: ReadonlySet<string> = new Set([
  'TOO_LARGE',
  'MANIFEST_INVALID',
  'JSON_INVALID',
  'DIGEST_MISMATCH',
  'SIZE_MISMATCH',
]);

/** Whether there was an answer, and its content is the trouble: asking again is no use, and somebody may have put it there. */
export function isBadContent(error: unknown): error is RegistryError {
  return error instanceof RegistryError && codes.has(error.code);
}
