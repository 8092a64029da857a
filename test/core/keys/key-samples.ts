import { createPublicKey, type KeyObject } from 'node:crypto';
import { generateKey, KeyError, type KeyErrorCode, type KeyKind, type PrivateKey } from '@signet/core';

/** Every kind of key, RSA in its shortest length. */
export const kinds: readonly KeyKind[] = ['ecdsa-p256', 'ecdsa-p384', 'ecdsa-p521', 'rsa', 'ed25519'];
const made = new Map<KeyKind, Promise<PrivateKey>>();

/** One key of a kind, made once for a test file. */
export function sampleKey(kind: KeyKind): Promise<PrivateKey> {
  const key = made.get(kind) ?? generateKey(kind, kind === 'rsa' ? { bits: 2048 } : {});
  made.set(kind, key);
  return key;
}

/** What the function ended with: the code and message of its KeyError, or 'fine'; any other error is thrown on. */
export async function keyOutcome(
  run: () => unknown,
): Promise<{ readonly code: KeyErrorCode | 'fine'; readonly message: string }> {
  try {
    await run();
    return { code: 'fine', message: '' };
  } catch (error) {
    if (error instanceof KeyError)
      return { code: error.code, message: `${error.message} ${String(error.cause ?? '')}` };
    throw error;
  }
}

/** The code alone. */
export async function keyCode(run: () => unknown): Promise<KeyErrorCode | 'fine'> {
  return (await keyOutcome(run)).code;
}

/** A PEM block around bytes, made without Signet. */
export function pem(label: string, bytes: Uint8Array): Uint8Array {
  const lines =
    Buffer.from(bytes)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return Buffer.from(`-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`);
}

/** SPKI of an Ed25519 key by its 32 bytes in hex, as node:crypto takes it: without any check of the point. */
export function ed25519Unchecked(hex: string): KeyObject {
  const der = Buffer.from(`302a300506032b6570032100${hex}`, 'hex');
  return createPublicKey({ key: der, format: 'der', type: 'spki' });
}
