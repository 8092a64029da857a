import { createHash, createPublicKey, X509Certificate } from 'node:crypto';
import { decodePemBody, findPemBlocks, KeyError, type PublicKey, publicKeyFrom } from '@signet/core';
import * as v from 'valibot';
import { DctError } from '../errors.ts';
import { dctLimits } from '../limits.ts';
import { canonicalBytes } from './canonical.ts';
import { bytes, type Members, malformed, membersOf, readAs, shown } from './reading.ts';

/** A public key as a file names it. */
export interface TrustKey {
  /** Over all that the file says of the key, a certificate included; what `docker trust inspect` prints of the root. */
  readonly id: string;
  /** Over the bare public key, also where it comes in a certificate: the name of its file in `~/.docker/trust/private`. */
  readonly canonicalId: string;
  /** `ecdsa`, `ecdsa-x509`, `rsa`, `rsa-x509`, `ed25519`, or what is not known. */
  readonly type: string;
  /** What signatures are checked with; absent where `unusable` says why there is none: then it counts for nothing. */
  readonly key?: PublicKey;
  readonly unusable?: string;
  /** Of the x509 types: as they stand in the file, the first is the key's. */
  readonly certificates: readonly X509Certificate[];
}

const keySchema = v.object({ keytype: v.pipe(v.string(), v.maxLength(64)), keyval: v.object({ public: bytes }) });

/** What a public key has to be for each `keytype`. */
const kinds: ReadonlyMap<string, { readonly bare: string; readonly is: (kind: PublicKey['kind']) => boolean }> =
  new Map([
    ['ecdsa', { bare: 'ecdsa', is: isEcdsa }],
    ['ecdsa-x509', { bare: 'ecdsa', is: isEcdsa }],
    ['rsa', { bare: 'rsa', is: (kind) => kind === 'rsa' }],
    ['rsa-x509', { bare: 'rsa', is: (kind) => kind === 'rsa' }],
    ['ed25519', { bare: 'ed25519', is: (kind) => kind === 'ed25519' }],
  ]);

/**
 * The keys of a file by their ids, each id computed again. A key that cannot be used is kept, and says why.
 * @throws {DctError} DCT_TOO_LARGE, DCT_MALFORMED, also for an id that is not its key's
 */
export function parseKeys(value: Members | null | undefined, what: string): ReadonlyMap<string, TrustKey> {
  const keys = new Map<string, TrustKey>();
  for (const [id, member] of membersOf(value, dctLimits.maxKeys, `${what}, keys`)) {
    const { keytype, keyval } = readAs(keySchema, member, `${what}, key ${shown(id)}`);
    if (keyval.public.length > dctLimits.maxKeyBytes)
      throw new DctError('DCT_TOO_LARGE', `${what}: the key ${shown(id)} has ${keyval.public.length} bytes`);
    if (id !== keyId(keytype, keyval.public)) throw malformed(`${what}: the key ${shown(id)} has another id`);
    keys.set(id, keyOf(id, keytype, keyval.public));
  }
  return keys;
}

/** Lower-case hex sha256 of the canonical form of the public key. Rule: Notary, tuf/data/keys.go TUFKey.ID. */
export function keyId(type: string, publicBytes: Uint8Array): string {
  const keyval = { private: null, public: Buffer.from(publicBytes).toString('base64') };
  return createHash('sha256')
    .update(canonicalBytes({ keytype: type, keyval }))
    .digest('hex');
}

function keyOf(id: string, type: string, publicBytes: Uint8Array): TrustKey {
  const known = kinds.get(type);
  const nothing = { id, canonicalId: id, type, certificates: [] };
  if (known === undefined) return { ...nothing, unusable: `its type ${shown(type)} is not known` };
  try {
    const certificates = type.endsWith('-x509') ? readCertificates(publicBytes) : [];
    const key = publicKeyFrom(certificates[0]?.publicKey ?? bareKey(type, publicBytes));
    if (!known.is(key.kind)) return { ...nothing, unusable: `its type is ${type}, and the key is ${key.kind}` };
    const canonicalId = certificates.length === 0 ? id : keyId(known.bare, key.spki);
    return { id, canonicalId, type, key, certificates };
  } catch (cause) {
    const why = cause instanceof KeyError ? cause.message : 'it is not readable';
    return { ...nothing, unusable: why };
  }
}

/** SPKI, but for Ed25519: its 32 bytes. */
function bareKey(type: string, publicBytes: Uint8Array): ReturnType<typeof createPublicKey> {
  if (type !== 'ed25519') return createPublicKey({ key: Buffer.from(publicBytes), format: 'der', type: 'spki' });
  const x = Buffer.from(publicBytes).toString('base64url');
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
}

function readCertificates(pem: Uint8Array): readonly X509Certificate[] {
  const blocks = findPemBlocks(Buffer.from(pem).toString('latin1'));
  if (
    blocks.length === 0 ||
    blocks.length > dctLimits.maxCertificates ||
    blocks.some(({ label }) => label !== 'CERTIFICATE')
  )
    throw new KeyError('KEY_MALFORMED', `1 to ${dctLimits.maxCertificates} certificates in PEM are wanted`);
  return blocks.map((block) => new X509Certificate(decodePemBody(block)));
}

function isEcdsa(kind: PublicKey['kind']): boolean {
  return kind.startsWith('ecdsa-');
}
