import { type KeyObject, X509Certificate } from 'node:crypto';
import { KeyError } from '../errors.ts';
import { readOnlySequence } from './der.ts';
import { classifyDer, type DerForm, openKeyFile, requireDerForm, wrongKind } from './key-file.ts';
import { decodePemBody, type PemBlock } from './pem.ts';
import { type PublicKey, publicKeyFrom } from './public-key.ts';
import { keyObjectOfSpki, rsaSpki } from './spki.ts';

/** Keys in one file, at most. */
const MAX_KEYS = 100;
const PUBLIC_LABELS: ReadonlyMap<string, DerForm> = new Map([
  ['PUBLIC KEY', 'spki'],
  ['RSA PUBLIC KEY', 'pkcs1-public'],
]);

/**
 * The one public key of a file: SPKI or PKCS#1 (PEM or DER), JWK, JWKS of one, OpenSSH. Text outside PEM blocks is ignored.
 * Rule: wire-formats 3.1.
 * @throws {KeyError} KEY_EMPTY, KEY_TRUNCATED, KEY_MALFORMED, KEY_AMBIGUOUS, KEY_WRONG_KIND, KEY_UNSUPPORTED, KEY_WEAK
 */
export async function parsePublicKey(bytes: Uint8Array): Promise<PublicKey> {
  const [key, ...others] = await parsePublicKeys(bytes);
  if (key === undefined) throw new KeyError('KEY_MALFORMED', 'no public key in the file');
  if (others.length > 0)
    throw new KeyError('KEY_AMBIGUOUS', `${others.length + 1} public keys in a file where one is asked for`);
  return key;
}

/**
 * All public keys of a file (1 to 100, each once): several PEM blocks, a JWKS, lines of OpenSSH keys. One bad key fails the file.
 * @throws {KeyError} as `parsePublicKey`, KEY_AMBIGUOUS only above 100
 */
export async function parsePublicKeys(bytes: Uint8Array): Promise<readonly PublicKey[]> {
  const keys = (await readKeyObjects(bytes)).map(publicKeyFrom);
  return [...new Map(keys.map((key) => [key.id, key])).values()];
}

/**
 * The public key of the first certificate (PEM or DER), checked like any other; the certificate itself is not judged.
 * @throws {KeyError} KEY_MALFORMED, KEY_WRONG_KIND, KEY_UNSUPPORTED, KEY_WEAK, KEY_EMPTY, KEY_TRUNCATED
 */
export function publicKeyOfCertificate(bytes: Uint8Array): PublicKey {
  const file = openKeyFile(bytes);
  if (file.form === 'der') return certificateKey(file.bytes);
  const block = file.form === 'pem' && file.blocks.find(({ label }) => label === 'CERTIFICATE');
  if (!block) throw new KeyError('KEY_WRONG_KIND', 'no certificate in the file');
  return certificateKey(decodePemBody(block));
}

async function readKeyObjects(bytes: Uint8Array): Promise<readonly KeyObject[]> {
  const file = openKeyFile(bytes);
  switch (file.form) {
    case 'pem':
      return fromPem(file.blocks);
    case 'der':
      return [fromDer(file.bytes)];
    case 'json':
      return (await import('./jwk.ts')).publicKeyObjectsOfJwk(file.bytes, MAX_KEYS);
    case 'openssh':
      return (await import('./openssh.ts')).keyObjectsOfOpenssh(file.text, MAX_KEYS);
  }
}

function fromPem(blocks: readonly PemBlock[]): readonly KeyObject[] {
  const wanted = blocks.filter(({ label }) => PUBLIC_LABELS.has(label));
  if (wanted.length === 0) throw wrongKind(blocks, 'public');
  if (wanted.length > MAX_KEYS) throw new KeyError('KEY_AMBIGUOUS', `more than ${MAX_KEYS} keys in one file`);
  return wanted.map((block) => {
    const form = PUBLIC_LABELS.get(block.label) ?? 'unknown';
    const body = requireDerForm(decodePemBody(block), form, block.label);
    return keyObjectOfSpki(form === 'spki' ? body : rsaSpki(body));
  });
}

function fromDer(bytes: Uint8Array): KeyObject {
  const form = classifyDer(bytes);
  if (form === 'spki') return keyObjectOfSpki(bytes);
  if (form === 'pkcs1-public') return keyObjectOfSpki(rsaSpki(bytes));
  if (form === 'unknown') throw new KeyError('KEY_MALFORMED', 'DER that is not a key');
  const what = form === 'certificate' ? 'a certificate' : 'a private key';
  throw new KeyError('KEY_WRONG_KIND', `${what} where a public key is asked for`);
}

function certificateKey(bytes: Uint8Array): PublicKey {
  readOnlySequence(bytes);
  return publicKeyFrom(certificateKeyObject(bytes));
}

function certificateKeyObject(bytes: Uint8Array): KeyObject {
  try {
    return new X509Certificate(bytes).publicKey;
  } catch (cause) {
    throw new KeyError('KEY_MALFORMED', 'not an X.509 certificate, or its key is not readable', { cause });
  }
}
