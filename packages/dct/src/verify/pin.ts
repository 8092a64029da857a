import { X509Certificate } from 'node:crypto';
import { DctError } from '../errors.ts';
import type { TrustKey } from '../metadata/keys.ts';
import { parseRoot, type Root } from '../metadata/root.ts';

/**
 * What makes a root the right one. `firstUse`: it is the first that is seen, and nothing else. `keys`: one of these keys signed it, each named
 * by its id in the root (what `docker trust inspect` prints), by the id of its bare key (the name of its file in `private`), or by a
 * certificate. `root`: this root file itself, such as the one in a client's folder, or one that follows from it.
 */
export type RootPin =
  | { readonly kind: 'firstUse' }
  | { readonly kind: 'keys'; readonly keyIds: readonly string[]; readonly certificates?: readonly Uint8Array[] }
  | { readonly kind: 'root'; readonly root: Uint8Array };

/** A pin made ready to be compared. */
export interface CheckedPin {
  readonly kind: RootPin['kind'];
  /** Versions below this one cannot fit. */
  readonly lowest: number;
  /** Whether the pin is met by this root, which these keys signed. */
  fits(root: Root, signers: readonly TrustKey[]): boolean;
}

/** @throws {DctError} DCT_QUESTION_INVALID; DCT_MALFORMED for the pinned root */
export function checkPin(pin: RootPin): CheckedPin {
  switch (pin.kind) {
    case 'firstUse':
      return { kind: pin.kind, lowest: 1, fits: () => true };
    case 'keys':
      return keysPin(pin);
    case 'root': {
      const pinned = parseRoot(pin.root, 'the pinned root');
      const fits = (root: Root): boolean => Buffer.compare(root.message, pinned.message) === 0;
      return { kind: pin.kind, lowest: pinned.version, fits };
    }
  }
}

function keysPin({ kind, keyIds, certificates = [] }: Extract<RootPin, { kind: 'keys' }>): CheckedPin {
  const ids = keyIds.map((id) => id.toLowerCase());
  if (ids.length + certificates.length === 0 || ids.some((id) => !/^[0-9a-f]{64}$/.test(id)))
    throw new DctError('DCT_QUESTION_INVALID', 'a root key is pinned by its id of 64 hexadecimal digits');
  const pinned = certificates.map(certificateOf);
  const isPinned = (key: TrustKey): boolean =>
    ids.includes(key.id) ||
    ids.includes(key.canonicalId) ||
    pinned.some(({ raw }) => key.certificates[0] !== undefined && raw.equals(key.certificates[0].raw));
  return { kind, lowest: 1, fits: (_root, signers) => signers.some(isPinned) };
}

function certificateOf(bytes: Uint8Array): X509Certificate {
  try {
    return new X509Certificate(bytes);
  } catch (cause) {
    throw new DctError('DCT_QUESTION_INVALID', 'the pinned certificate is not readable', { cause });
  }
}
