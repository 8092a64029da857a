import { createPrivateKey, type KeyObject } from 'node:crypto';
import { KeyError } from '../errors.ts';
import { classifyDer, type DerForm, openKeyFile, requireDerForm, wrongKind } from './key-file.ts';
import { decodePemBody, type PemBlock } from './pem.ts';
import { type PrivateKey, privateKeyFrom } from './private-key.ts';

/** A password, or how to ask for one: only called when the key is encrypted. UTF-8; the empty one is a password too. */
export type Password = string | (() => Promise<string>);

/** How a PEM label is read: a DER form, or cosign's JSON. */
const PRIVATE_LABELS: ReadonlyMap<string, DerForm | 'cosign'> = new Map<string, DerForm | 'cosign'>([
  ['PRIVATE KEY', 'pkcs8'],
  ['ENCRYPTED PRIVATE KEY', 'encrypted-pkcs8'],
  ['EC PRIVATE KEY', 'sec1'],
  ['RSA PRIVATE KEY', 'pkcs1-private'],
  ['ENCRYPTED SIGSTORE PRIVATE KEY', 'cosign'],
  ['ENCRYPTED COSIGN PRIVATE KEY', 'cosign'],
]);

/**
 * The one private key of a file: PKCS#8 plain or encrypted (PBES2), SEC1, PKCS#1, cosign's encrypted form, JWK. Rule: wire-formats 3.1, 3.2.
 * @throws {KeyError} KEY_EMPTY, KEY_TRUNCATED, KEY_MALFORMED, KEY_AMBIGUOUS, KEY_WRONG_KIND, KEY_UNSUPPORTED, KEY_WEAK,
 * KEY_PASSWORD_NEEDED, KEY_PASSWORD_WRONG
 */
export async function parsePrivateKey(
  bytes: Uint8Array,
  options: { readonly password?: Password } = {},
): Promise<PrivateKey> {
  const file = openKeyFile(bytes);
  switch (file.form) {
    case 'pem':
      return privateKeyFrom(await fromPem(file.blocks, options.password));
    case 'der':
      return privateKeyFrom(await fromDer(file.bytes, options.password));
    case 'json':
      return privateKeyFrom(await (await import('./jwk.ts')).privateKeyObjectOfJwk(file.bytes));
    case 'openssh':
      throw new KeyError('KEY_WRONG_KIND', 'a public key (OpenSSH) where a private key is asked for');
  }
}

async function fromPem(blocks: readonly PemBlock[], password: Password | undefined): Promise<KeyObject> {
  const [block, ...others] = blocks.filter(({ label }) => PRIVATE_LABELS.has(label));
  if (block === undefined) throw foreignPrivateKey(blocks) ?? wrongKind(blocks, 'private');
  if (others.length > 0)
    throw new KeyError('KEY_AMBIGUOUS', `${others.length + 1} private keys in a file where one is asked for`);
  const form = PRIVATE_LABELS.get(block.label) ?? 'unknown';
  const body = decodePemBody(block);
  if (form === 'cosign') return fromCosign(body, password);
  return fromForm(requireDerForm(body, form, block.label), form, password);
}

async function fromDer(bytes: Uint8Array, password: Password | undefined): Promise<KeyObject> {
  const form = classifyDer(bytes);
  if (form === 'spki' || form === 'pkcs1-public' || form === 'certificate') {
    const what = form === 'certificate' ? 'a certificate' : 'a public key';
    throw new KeyError('KEY_WRONG_KIND', `${what} where a private key is asked for`);
  }
  return fromForm(bytes, form, password);
}

async function fromForm(bytes: Uint8Array, form: DerForm, password: Password | undefined): Promise<KeyObject> {
  switch (form) {
    case 'encrypted-pkcs8':
      return fromEncryptedPkcs8(bytes, password);
    case 'pkcs8':
      return keyObjectOf(bytes, 'pkcs8');
    case 'sec1':
      return keyObjectOf(bytes, 'sec1');
    case 'pkcs1-private':
      return keyObjectOf(bytes, 'pkcs1');
    default:
      throw new KeyError('KEY_MALFORMED', 'DER that is not a key');
  }
}

async function fromEncryptedPkcs8(bytes: Uint8Array, password: Password | undefined): Promise<KeyObject> {
  const { decryptPkcs8, parseEncryptedPkcs8 } = await import('./pbes2.ts');
  const parsed = parseEncryptedPkcs8(bytes);
  return decrypted(await decryptPkcs8(parsed, await passwordFor(password)));
}

async function fromCosign(body: Uint8Array, password: Password | undefined): Promise<KeyObject> {
  const { decryptCosignKey, parseCosignKey } = await import('./cosign-key.ts');
  const parsed = parseCosignKey(body);
  return keyObjectOf(await decryptCosignKey(parsed, await passwordFor(password)), 'pkcs8');
}

/** CBC has no authentication: with a wrong password the padding fits by chance once in 256, and what comes out is no key. */
function decrypted(plaintext: Uint8Array): KeyObject {
  try {
    if (classifyDer(plaintext) === 'pkcs8') return keyObjectOf(plaintext, 'pkcs8');
  } catch (error) {
    if (!(error instanceof KeyError)) throw error;
  }
  throw new KeyError('KEY_PASSWORD_WRONG', 'wrong password, or the key file is damaged');
}

async function passwordFor(password: Password | undefined): Promise<string> {
  if (password === undefined)
    throw new KeyError('KEY_PASSWORD_NEEDED', 'the private key is encrypted and no password was given');
  return typeof password === 'string' ? password : password();
}

function keyObjectOf(bytes: Uint8Array, type: 'pkcs8' | 'sec1' | 'pkcs1'): KeyObject {
  try {
    return createPrivateKey({ key: Buffer.from(bytes), format: 'der', type });
  } catch {
    // no cause: what OpenSSL says of a private key stays out of messages and logs
    throw new KeyError('KEY_MALFORMED', 'not a private key: its numbers are invalid, or its type is unknown');
  }
}

function foreignPrivateKey(blocks: readonly PemBlock[]): KeyError | undefined {
  const label = blocks.find((block) => block.label.endsWith('PRIVATE KEY'))?.label;
  if (label === undefined) return undefined;
  const hint = label.startsWith('OPENSSH') ? ': convert it with "ssh-keygen -p -m PKCS8 -f FILE"' : '';
  return new KeyError('KEY_UNSUPPORTED', `a private key of type "${label}" is not read${hint}`);
}
