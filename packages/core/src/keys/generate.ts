import { generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { KeyError } from '../errors.ts';
import type { KeyKind } from './key-kind.ts';
import { type PrivateKey, privateKeyFrom } from './private-key.ts';

const generate = promisify(generateKeyPair);
const CURVES: Readonly<Record<'ecdsa-p256' | 'ecdsa-p384' | 'ecdsa-p521', string>> = {
  'ecdsa-p256': 'P-256',
  'ecdsa-p384': 'P-384',
  'ecdsa-p521': 'P-521',
};

/**
 * A new key. `bits` is for RSA alone: 2048, 3072 (default) or 4096.
 * @throws {KeyError} KEY_WEAK, KEY_UNSUPPORTED for other lengths
 */
export async function generateKey(kind: KeyKind, options: { readonly bits?: number } = {}): Promise<PrivateKey> {
  if (kind !== 'rsa' && options.bits !== undefined)
    throw new KeyError('KEY_UNSUPPORTED', `a key of kind ${kind} has no choice of length`);
  return privateKeyFrom(await newKeyObject(kind, options.bits ?? 3072));
}

async function newKeyObject(kind: KeyKind, bits: number): Promise<KeyObject> {
  if (kind === 'ed25519') return (await generate('ed25519')).privateKey;
  if (kind !== 'rsa') return (await generate('ec', { namedCurve: CURVES[kind] })).privateKey;
  if (bits < 2048) throw new KeyError('KEY_WEAK', `an RSA key of ${bits} bits: at least 2048 are needed`);
  if (![2048, 3072, 4096].includes(bits))
    throw new KeyError('KEY_UNSUPPORTED', `an RSA key of ${bits} bits: 2048, 3072 and 4096 are made`);
  return (await generate('rsa', { modulusLength: bits, publicExponent: 65537 })).privateKey;
}
