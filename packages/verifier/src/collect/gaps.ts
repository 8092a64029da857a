import { RegistryError } from '@signet/oci';
import type { Gap } from '../evidence.ts';

/** What an error of a read leaves in the evidence. */
export function toGap(what: Gap['what'], error: unknown): Gap {
  if (error instanceof RegistryError) return { what, code: error.code, message: error.message };
  return { what, code: 'FAILED', message: error instanceof Error ? error.message : 'it failed' };
}

/** A bound was reached. */
export function limitGap(message: string): Gap {
  return { what: 'limit', code: 'LIMIT_REACHED', message };
}
