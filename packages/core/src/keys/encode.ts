import { KeyError } from '../errors.ts';
import { encodePem } from './pem.ts';
import type { PrivateKey } from './private-key.ts';
import type { PublicKey } from './public-key.ts';

/** How a private key is written down. */
export interface PrivateKeyEncoding {
  readonly form: 'pkcs8' | 'cosign' | 'jwk';
  /** With it PKCS#8 is encrypted; cosign's form always is. The empty password is a password. */
  readonly password?: string;
}

/**
 * The bytes of a private key file: PKCS#8 PEM (encrypted when a password is given), cosign's encrypted PEM, or a JWK. For files of mode 0600.
 * @throws {KeyError} KEY_PASSWORD_NEEDED for cosign's form without a password, KEY_UNSUPPORTED for a JWK with one
 */
export async function encodePrivateKey(key: PrivateKey, options: PrivateKeyEncoding): Promise<Uint8Array> {
  const { form, password } = options;
  if (form === 'jwk') return encodePrivateJwk(key, password);
  const pkcs8 = key.keyObject.export({ format: 'der', type: 'pkcs8' });
  const pem = await encodePem8(pkcs8, form, password);
  pkcs8.fill(0);
  return Buffer.from(pem);
}

/** The bytes of a public key file: SPKI PEM (cosign's `.pub`), a JWK, or an OpenSSH line. */
export async function encodePublicKey(
  key: PublicKey,
  options: { readonly form: 'pem' | 'jwk' | 'openssh' } = { form: 'pem' },
): Promise<Uint8Array> {
  if (options.form === 'pem') return Buffer.from(encodePem('PUBLIC KEY', key.spki));
  if (options.form === 'openssh') return Buffer.from((await import('./openssh.ts')).encodeOpenssh(key));
  return encodeJson({ ...key.keyObject.export({ format: 'jwk' }), kid: key.id, use: 'sig' });
}

async function encodePem8(pkcs8: Uint8Array, form: 'pkcs8' | 'cosign', password: string | undefined): Promise<string> {
  if (form === 'pkcs8') {
    if (password === undefined) return encodePem('PRIVATE KEY', pkcs8);
    return (await import('./pbes2.ts')).encryptPkcs8(pkcs8, password);
  }
  if (password === undefined)
    throw new KeyError('KEY_PASSWORD_NEEDED', "cosign's key form is always encrypted: a password is needed");
  return (await import('./cosign-key.ts')).encryptCosignKey(pkcs8, password);
}

/** `alg` is left out: the formats choose it, P-384 with SHA-256 among them, which has no JOSE name. */
function encodePrivateJwk(key: PrivateKey, password: string | undefined): Uint8Array {
  if (password !== undefined)
    throw new KeyError('KEY_UNSUPPORTED', 'a JWK is not encrypted: leave the password out, or write PKCS#8');
  return encodeJson({ ...key.keyObject.export({ format: 'jwk' }), kid: key.publicKey.id, use: 'sig' });
}

function encodeJson(value: object): Uint8Array {
  return Buffer.from(`${JSON.stringify(value, null, 2)}\n`);
}
