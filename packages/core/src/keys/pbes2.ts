import { createCipheriv, createDecipheriv, pbkdf2, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { KeyError } from '../errors.ts';
import { type DerElement, der, derInteger, readAll, readDerOf, readOnlySequence, smallInteger, TAG } from './der.ts';
import { encodePem } from './pem.ts';
import { checkScryptCost, deriveScrypt, type ScryptCost } from './scrypt.ts';

type Kdf =
  | { readonly name: 'pbkdf2'; readonly salt: Uint8Array; readonly iterations: number; readonly hash: string }
  | ({ readonly name: 'scrypt'; readonly salt: Uint8Array } & ScryptCost);
interface Cipher {
  readonly name: string;
  readonly keyBytes: number;
  readonly ivBytes: number;
}

/** An encrypted PKCS#8 key after parsing; its costs are bounded. Rule: RFC 8018, 6.2 and A.4. */
export interface EncryptedPkcs8 {
  readonly kdf: Kdf;
  readonly cipher: Cipher;
  readonly iv: Uint8Array;
  readonly ciphertext: Uint8Array;
}

const derivePbkdf2 = promisify(pbkdf2);
/** About a second or more of work: above it a file only keeps us busy. */
const MAX_ITERATIONS = 10_000_000;
/** OWASP's figure for PBKDF2 with HMAC-SHA-256. */
const OUR_ITERATIONS = 600_000;

const OID_PBES2 = '2a864886f70d01050d';
const OID_PBKDF2 = '2a864886f70d01050c';
const OID_SCRYPT = '2b06010401da47040b';
const OID_HMAC_SHA256 = '2a864886f70d0209';
const OID_AES256_CBC = '60864801650304012a';
/** HMACs of PBKDF2; SHA-1 is its default. Rule: RFC 8018, B.1. */
const PRFS: ReadonlyMap<string, string> = new Map([
  ['2a864886f70d0207', 'sha1'],
  ['2a864886f70d0208', 'sha224'],
  [OID_HMAC_SHA256, 'sha256'],
  ['2a864886f70d020a', 'sha384'],
  ['2a864886f70d020b', 'sha512'],
]);
const CIPHERS: ReadonlyMap<string, Cipher> = new Map([
  ['608648016503040102', { name: 'aes-128-cbc', keyBytes: 16, ivBytes: 16 }],
  ['608648016503040116', { name: 'aes-192-cbc', keyBytes: 24, ivBytes: 16 }],
  [OID_AES256_CBC, { name: 'aes-256-cbc', keyBytes: 32, ivBytes: 16 }],
  ['2a864886f70d0307', { name: 'des-ede3-cbc', keyBytes: 24, ivBytes: 8 }],
]);

/**
 * EncryptedPrivateKeyInfo with PBES2: PBKDF2 or scrypt, AES or 3DES in CBC mode.
 * @throws {KeyError} KEY_MALFORMED, KEY_TRUNCATED, KEY_UNSUPPORTED for other schemes or costs
 */
export function parseEncryptedPkcs8(bytes: Uint8Array): EncryptedPkcs8 {
  const [algorithm, data] = take(readOnlySequence(bytes), 2);
  const [scheme, parameters] = take(contentOf(algorithm, TAG.sequence), 2);
  if (oidOf(scheme) !== OID_PBES2)
    throw new KeyError(
      'KEY_UNSUPPORTED',
      'the key is not encrypted with PBES2: convert it with "openssl pkcs8 -topk8"',
    );
  const [kdf, encryption] = take(contentOf(parameters, TAG.sequence), 2);
  const [cipherOid, ivElement] = take(contentOf(encryption, TAG.sequence), 2);
  const cipher = CIPHERS.get(oidOf(cipherOid));
  if (cipher === undefined)
    throw new KeyError('KEY_UNSUPPORTED', 'the key is encrypted with a cipher that is not read');
  const iv = contentOf(ivElement, TAG.octetString);
  if (iv.length !== cipher.ivBytes) throw malformed();
  return { kdf: parseKdf(contentOf(kdf, TAG.sequence)), cipher, iv, ciphertext: contentOf(data, TAG.octetString) };
}

/**
 * What is inside: PKCS#8 DER if the password is right; CBC proves nothing, so the caller parses it.
 * @throws {KeyError} KEY_PASSWORD_WRONG
 */
export async function decryptPkcs8(key: EncryptedPkcs8, password: string): Promise<Uint8Array> {
  const secret = await deriveKey(key.kdf, key.cipher.keyBytes, password);
  try {
    const decipher = createDecipheriv(key.cipher.name, secret, key.iv);
    return Buffer.concat([decipher.update(key.ciphertext), decipher.final()]);
  } catch {
    throw new KeyError('KEY_PASSWORD_WRONG', 'wrong password, or the key file is damaged');
  } finally {
    secret.fill(0);
  }
}

/** `ENCRYPTED PRIVATE KEY` with PBKDF2 (HMAC-SHA-256, 600,000 iterations) and AES-256-CBC: what every program with PBES2 reads. */
export async function encryptPkcs8(pkcs8: Uint8Array, password: string): Promise<string> {
  const salt = randomBytes(16);
  const iv = randomBytes(16);
  const secret = await derivePbkdf2(password, salt, OUR_ITERATIONS, 32, 'sha256');
  const cipher = createCipheriv('aes-256-cbc', secret, iv);
  const ciphertext = Buffer.concat([cipher.update(pkcs8), cipher.final()]);
  secret.fill(0);
  const prf = der(TAG.sequence, oid(OID_HMAC_SHA256), der(TAG.null));
  const kdfParameters = der(TAG.sequence, der(TAG.octetString, salt), derInteger(OUR_ITERATIONS), prf);
  const kdf = der(TAG.sequence, oid(OID_PBKDF2), kdfParameters);
  const encryption = der(TAG.sequence, oid(OID_AES256_CBC), der(TAG.octetString, iv));
  const algorithm = der(TAG.sequence, oid(OID_PBES2), der(TAG.sequence, kdf, encryption));
  return encodePem('ENCRYPTED PRIVATE KEY', der(TAG.sequence, algorithm, der(TAG.octetString, ciphertext)));
}

function parseKdf(content: Uint8Array): Kdf {
  const [name, parameters] = take(content, 2);
  const elements = readAll(contentOf(parameters, TAG.sequence));
  const salt = contentOf(elements[0], TAG.octetString);
  switch (oidOf(name)) {
    case OID_PBKDF2:
      return parsePbkdf2(salt, elements);
    case OID_SCRYPT:
      return parseScrypt(salt, elements);
    default:
      throw new KeyError('KEY_UNSUPPORTED', 'the key is encrypted with a key derivation that is not read');
  }
}

/** PBKDF2-params: salt, iterationCount, [keyLength], [prf]. keyLength says nothing that the cipher does not. Rule: RFC 8018, A.2. */
function parsePbkdf2(salt: Uint8Array, elements: readonly DerElement[]): Kdf {
  const iterations = smallInteger(present(elements[1]));
  if (iterations < 1 || iterations > MAX_ITERATIONS)
    throw new KeyError('KEY_UNSUPPORTED', `PBKDF2 with ${iterations} iterations: 1 to ${MAX_ITERATIONS} are taken`);
  const last = elements.at(-1);
  if (last?.tag !== TAG.sequence) return { name: 'pbkdf2', salt, iterations, hash: 'sha1' };
  const hash = PRFS.get(oidOf(readDerOf(TAG.oid, last.content)));
  if (hash === undefined) throw new KeyError('KEY_UNSUPPORTED', 'PBKDF2 with a hash that is not read');
  return { name: 'pbkdf2', salt, iterations, hash };
}

/** scrypt-params: salt, N, r, p, [keyLength]. Rule: RFC 7914, 7. */
function parseScrypt(salt: Uint8Array, elements: readonly DerElement[]): Kdf {
  const [N, r, p] = [1, 2, 3].map((index) => smallInteger(present(elements[index])));
  const cost = { N: N ?? 0, r: r ?? 0, p: p ?? 0 };
  checkScryptCost(cost);
  return { name: 'scrypt', salt, ...cost };
}

async function deriveKey(kdf: Kdf, bytes: number, password: string): Promise<Buffer> {
  if (kdf.name === 'pbkdf2') return derivePbkdf2(password, kdf.salt, kdf.iterations, bytes, kdf.hash);
  return deriveScrypt(password, kdf.salt, { ...kdf, bytes });
}

/** The first two elements of a structure that has exactly `count`. */
function take(content: Uint8Array, count: number): readonly [DerElement, DerElement] {
  const elements = readAll(content);
  const [first, second] = elements;
  if (elements.length !== count || first === undefined || second === undefined) throw malformed();
  return [first, second];
}

function contentOf(element: DerElement | undefined, tag: number): Uint8Array {
  if (element?.tag !== tag) throw malformed();
  return element.content;
}

function oidOf(element: DerElement): string {
  return Buffer.from(contentOf(element, TAG.oid)).toString('hex');
}

function oid(hex: string): Uint8Array {
  return der(TAG.oid, Buffer.from(hex, 'hex'));
}

function present(element: DerElement | undefined): DerElement {
  if (element === undefined) throw malformed();
  return element;
}

function malformed(): KeyError {
  return new KeyError('KEY_MALFORMED', 'the encrypted PKCS#8 key does not have the structure of PBES2');
}
