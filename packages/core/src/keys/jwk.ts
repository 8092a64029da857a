import { KeyObject } from 'node:crypto';
import { parseJson } from '@signet/oci';
import type { JWK } from 'jose';
import { KeyError } from '../errors.ts';

type Members = Readonly<Record<string, unknown>>;

/** `alg` values that fit a key, by `crv` or, for RSA, `kty`. Rule: RFC 7518, 3.1; RFC 8037, 3.1; RFC 9864. */
const ALGORITHMS: ReadonlyMap<string, readonly string[]> = new Map([
  ['P-256', ['ES256']],
  ['P-384', ['ES384']],
  ['P-521', ['ES512']],
  ['Ed25519', ['EdDSA', 'Ed25519']],
  ['RSA', ['RS256', 'PS256', 'PS384', 'PS512', 'RS384', 'RS512']],
]);
const KTY_OF: Readonly<Record<string, string>> = { 'P-256': 'EC', 'P-384': 'EC', 'P-521': 'EC', Ed25519: 'OKP' };
const KEY_MEMBERS: readonly string[] = ['kty', 'crv', 'x', 'y', 'n', 'e', 'd', 'p', 'q', 'dp', 'dq', 'qi'];
const PUBLIC_MEMBERS: readonly string[] = ['x', 'y', 'n', 'e'];

/**
 * The public keys of a JWK or JWKS, through jose (loaded only here: it is slow to start). Rule: RFC 7517, 4 and 5.
 * @throws {KeyError} KEY_MALFORMED, KEY_UNSUPPORTED, KEY_WRONG_KIND for private or secret keys, KEY_AMBIGUOUS above `maxKeys`
 */
export async function publicKeyObjectsOfJwk(bytes: Uint8Array, maxKeys: number): Promise<readonly KeyObject[]> {
  const jwks = members(bytes);
  if (jwks.length > maxKeys) throw new KeyError('KEY_AMBIGUOUS', `more than ${maxKeys} keys in one file`);
  for (const jwk of jwks) {
    if (isPrivate(jwk)) throw new KeyError('KEY_WRONG_KIND', 'a private JWK where a public key is asked for');
  }
  return Promise.all(jwks.map((jwk) => importKey(jwk, 'verify')));
}

/**
 * The private key of a JWK. Rule: RFC 7518, 6.
 * @throws {KeyError} KEY_MALFORMED, KEY_UNSUPPORTED, KEY_WRONG_KIND for a public one, KEY_AMBIGUOUS
 */
export async function privateKeyObjectOfJwk(bytes: Uint8Array): Promise<KeyObject> {
  const [jwk, ...others] = members(bytes);
  if (others.length > 0)
    throw new KeyError('KEY_AMBIGUOUS', `${others.length + 1} keys in a JWKS where one private key is asked for`);
  if (jwk === undefined || !isPrivate(jwk))
    throw new KeyError('KEY_WRONG_KIND', 'a public JWK where a private key is asked for');
  return importKey(jwk, 'sign');
}

function members(bytes: Uint8Array): readonly Members[] {
  const value = parsed(bytes);
  if (!isMembers(value)) throw new KeyError('KEY_MALFORMED', 'JSON that is not a JWK');
  const { keys } = value;
  if (keys === undefined) return [value];
  if (!Array.isArray(keys) || keys.length === 0 || !keys.every(isMembers))
    throw new KeyError('KEY_MALFORMED', 'a JWKS without keys');
  return keys;
}

/** No cause: a JSON error quotes the text, which may be a private key. */
function parsed(bytes: Uint8Array): unknown {
  try {
    return parseJson(bytes);
  } catch {
    throw new KeyError('KEY_MALFORMED', 'not JSON, or a member stands twice: is the file truncated?');
  }
}

function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `d` of EC, OKP and RSA; other RSA parts and secret keys count too: none belongs where a public key is asked for. */
function isPrivate(jwk: Members): boolean {
  return ['d', 'k', 'p', 'q', 'dp', 'dq', 'qi', 'oth'].some((name) => jwk[name] !== undefined);
}

async function importKey(jwk: Members, use: 'sign' | 'verify'): Promise<KeyObject> {
  const algorithm = algorithmOf(jwk);
  checkUse(jwk, use);
  const { importJWK } = await import('jose');
  const key = await importJWK(keyMembers(jwk), algorithm, { extractable: true }).catch(() => undefined);
  if (key === undefined || key instanceof Uint8Array)
    throw new KeyError(
      'KEY_MALFORMED',
      'the JWK is not a key: a member is missing, of the wrong length, or not on its curve',
    );
  const keyObject = KeyObject.from(key);
  const back: Members = { ...keyObject.export({ format: 'jwk' }) };
  if (PUBLIC_MEMBERS.some((name) => back[name] !== jwk[name]))
    throw new KeyError('KEY_MALFORMED', 'a member of the JWK is not in its one encoding, or belongs to another key');
  return keyObject;
}

/** The members that make up the key, nothing else: what jose is shown. */
function keyMembers(jwk: Members): JWK {
  if (jwk.oth !== undefined) throw new KeyError('KEY_UNSUPPORTED', 'an RSA key of more than two primes');
  const found: Record<string, string> = {};
  for (const name of KEY_MEMBERS) {
    const value = jwk[name];
    if (typeof value === 'string') found[name] = value;
  }
  return found;
}

/** The name under which jose imports it; `alg`, where present, must fit the key. */
function algorithmOf(jwk: Members): string {
  const { kty, crv, alg } = jwk;
  const name = kty === 'RSA' ? 'RSA' : crv;
  const fitting = typeof name === 'string' ? ALGORITHMS.get(name) : undefined;
  if (typeof name !== 'string' || fitting?.[0] === undefined || (name !== 'RSA' && KTY_OF[name] !== kty))
    throw new KeyError('KEY_UNSUPPORTED', 'a JWK of another kind than RSA, EC P-256, P-384, P-521 or OKP Ed25519');
  if (alg === undefined) return fitting[0];
  if (typeof alg !== 'string' || !fitting.includes(alg))
    throw new KeyError('KEY_MALFORMED', `the "alg" of the JWK does not fit a key of kind ${name}`);
  return alg;
}

/** Rule: RFC 7517, 4.2 and 4.3. */
function checkUse(jwk: Members, use: 'sign' | 'verify'): void {
  const { use: intended, key_ops: operations } = jwk;
  const fits = intended === undefined || intended === 'sig';
  const allowed = operations === undefined || (Array.isArray(operations) && operations.includes(use));
  if (!fits || !allowed) throw new KeyError('KEY_WRONG_KIND', `the JWK says that it is not meant to ${use}`);
}
