import { randomBytes } from 'node:crypto';
import { decodeBase64, parseJson } from '@signet/oci';
import { KeyError } from '../errors.ts';
import { encodePem } from './pem.ts';
import { checkScryptCost, deriveScrypt, type ScryptCost } from './scrypt.ts';

/** cosign's encrypted key after parsing: costs bounded, lengths right. Rule: wire-formats 3.2. */
export interface EncryptedCosignKey {
  readonly cost: ScryptCost;
  readonly salt: Uint8Array;
  readonly nonce: Uint8Array;
  /** The box: 16 bytes of tag first. */
  readonly ciphertext: Uint8Array;
}

/** What cosign 2.5 and 3.1 write. */
const COST: ScryptCost = { N: 65536, r: 8, p: 1 };

/**
 * The JSON inside a PEM block of cosign's.
 * @throws {KeyError} KEY_MALFORMED, KEY_UNSUPPORTED for other algorithms or costs
 */
export function parseCosignKey(json: Uint8Array): EncryptedCosignKey {
  const value = record(parsed(json));
  const kdf = record(value.kdf);
  const cipher = record(value.cipher);
  if (kdf.name !== 'scrypt' || cipher.name !== 'nacl/secretbox')
    throw new KeyError('KEY_UNSUPPORTED', 'the key is not encrypted with scrypt and nacl/secretbox');
  const { N, r, p } = record(kdf.params);
  const cost = { N: Number(N), r: Number(r), p: Number(p) };
  checkScryptCost(cost);
  const ciphertext = base64(value.ciphertext);
  if (ciphertext.length <= 16) throw malformed();
  return { cost, salt: base64(kdf.salt, 32), nonce: base64(cipher.nonce, 24), ciphertext };
}

/**
 * The PKCS#8 DER inside.
 * @throws {KeyError} KEY_PASSWORD_WRONG when the box does not open
 */
export async function decryptCosignKey(key: EncryptedCosignKey, password: string): Promise<Uint8Array> {
  const secret = await deriveScrypt(password, key.salt, { ...key.cost, bytes: 32 });
  const { xsalsa20poly1305 } = await import('@noble/ciphers/salsa.js');
  try {
    return xsalsa20poly1305(secret, key.nonce).decrypt(key.ciphertext);
  } catch {
    throw new KeyError('KEY_PASSWORD_WRONG', 'wrong password, or the key file is damaged');
  } finally {
    secret.fill(0);
  }
}

/** `ENCRYPTED SIGSTORE PRIVATE KEY`, in form what cosign 3.1 writes. */
export async function encryptCosignKey(pkcs8: Uint8Array, password: string): Promise<string> {
  const salt = randomBytes(32);
  const nonce = randomBytes(24);
  const secret = await deriveScrypt(password, salt, { ...COST, bytes: 32 });
  const { xsalsa20poly1305 } = await import('@noble/ciphers/salsa.js');
  const ciphertext = Buffer.from(xsalsa20poly1305(secret, nonce).encrypt(pkcs8)).toString('base64');
  secret.fill(0);
  const json = {
    kdf: { name: 'scrypt', params: COST, salt: salt.toString('base64') },
    cipher: { name: 'nacl/secretbox', nonce: nonce.toString('base64') },
    ciphertext,
  };
  return encodePem('ENCRYPTED SIGSTORE PRIVATE KEY', Buffer.from(JSON.stringify(json)));
}

function parsed(json: Uint8Array): unknown {
  try {
    return parseJson(json, { maxDepth: 4 });
  } catch {
    throw malformed(); // no cause: a JSON error quotes the text
  }
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed();
  return { ...value };
}

function base64(value: unknown, length?: number): Uint8Array {
  const bytes = typeof value === 'string' ? decodeBase64(value) : undefined;
  if (bytes === undefined || (length !== undefined && bytes.length !== length)) throw malformed();
  return bytes;
}

function malformed(): KeyError {
  return new KeyError('KEY_MALFORMED', "the content of the key file is not cosign's encrypted form");
}
