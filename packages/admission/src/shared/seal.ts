import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';

/** What a sealed thing is: one kind is never taken for another. */
export type SealedKind = 'answer' | 'generation' | 'forgotten';

/** For bytes that lie where others may write too: only who has the secret can make any that are believed. */
export interface Seal {
  /** The name that something is kept under; who does not have the secret cannot tell what it is of. */
  nameOf(kind: SealedKind, key: string): string;
  /** The content behind its MAC, for this name alone. */
  seal(kind: SealedKind, name: string, content: Uint8Array): Buffer;
  /** The content; undefined where it was not sealed as this kind, under this name, by this secret. */
  open(kind: SealedKind, name: string, sealed: Uint8Array): Buffer | undefined;
}

const macBytes = 32;

/** Seals with HMAC-SHA-256 by keys that are derived from the secret. Rule: RFC 2104; RFC 5869 */
export function createSeal(secret: string): Seal {
  const [nameKey, macKey] = ['names', 'content'].map((use) =>
    Buffer.from(hkdfSync('sha256', secret, '', `signet shared answers 1: ${use}`, 32)),
  );
  if (nameKey === undefined || macKey === undefined) throw new RangeError('two keys are derived');
  const macOf = (kind: SealedKind, name: string, content: Uint8Array): Buffer =>
    // Neither kinds nor names hold a zero byte: what is put together can only be taken apart in one way.
    createHmac('sha256', macKey).update(`${kind}\0${name}\0`).update(content).digest();
  return {
    nameOf: (kind, key) =>
      `signet:${kind}:${createHmac('sha256', nameKey).update(`${kind}\0${key}`).digest('base64url')}`,
    seal: (kind, name, content) => Buffer.concat([macOf(kind, name, content), content]),
    open(kind, name, sealed) {
      if (sealed.length < macBytes) return undefined;
      const content = Buffer.from(sealed.subarray(macBytes));
      return timingSafeEqual(sealed.subarray(0, macBytes), macOf(kind, name, content)) ? content : undefined;
    },
  };
}
