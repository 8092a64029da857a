import type { PublicKey } from '@signet/core';

/** The forms in which private keys are written. */
export type KeyForm = 'pkcs8' | 'cosign' | 'jwk';

export const keyForms: readonly KeyForm[] = ['pkcs8', 'cosign', 'jwk'];

/** What is said of a key: its kind, and the hash that policies and reports name it by. */
export function describeKey(key: PublicKey): {
  readonly type: string;
  readonly bits?: number;
  readonly id: string;
  readonly hint: string;
} {
  return { type: key.kind, ...(key.bits === undefined ? {} : { bits: key.bits }), id: key.id, hint: key.hint };
}
