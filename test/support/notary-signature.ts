import { constants, type KeyObject, sign } from 'node:crypto';
import { type Descriptor, digestOf, emptyContent, emptyDescriptor, encodeManifest, type Store } from '@signet/oci';

/** What to sign, and by what: the key is that of the first certificate, whatever it is. */
export interface NotarySignatureRequest {
  readonly target: Descriptor;
  readonly chain: readonly Uint8Array[];
  readonly key: KeyObject;
  /** Further protected headers, by their whole names. */
  readonly attributes?: Readonly<Record<string, unknown>>;
  /** Those of them that are critical. */
  readonly critical?: readonly string[];
}

const prefix = 'io.cncf.notary';

/**
 * A JWS envelope of the Notary Project, signed for real by certificates that notation would not sign with.
 * Rule: wire-formats 8.1, 8.3.
 */
export function signNotaryJws(request: NotarySignatureRequest): Uint8Array {
  const { target, chain, key, attributes = {}, critical = [] } = request;
  const { mediaType, digest, size } = target;
  const { name, hash } = algorithmOf(key);
  const header = {
    alg: name,
    crit: [`${prefix}.signingScheme`, ...critical],
    cty: 'application/vnd.cncf.notary.payload.v1+json',
    [`${prefix}.signingScheme`]: 'notary.x509',
    [`${prefix}.signingTime`]: '2026-01-01T00:00:00Z',
    ...attributes,
  };
  const payload = base64url(JSON.stringify({ targetArtifact: { digest, mediaType, size } }));
  const signed = base64url(JSON.stringify(header));
  const signature = sign(hash, Buffer.from(`${signed}.${payload}`), {
    key,
    dsaEncoding: 'ieee-p1363',
    ...(key.asymmetricKeyType?.startsWith('rsa') && {
      padding: constants.RSA_PKCS1_PSS_PADDING,
      saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
    }),
  });
  const x5c = chain.map((each) => Buffer.from(each).toString('base64'));
  return Buffer.from(
    JSON.stringify({ payload, protected: signed, header: { x5c }, signature: signature.toString('base64url') }),
  );
}

/** Stores an envelope as a referrer of what it is about. Rule: wire-formats 8.2. */
export async function attachNotaryEnvelope(store: Store, subject: Descriptor, envelope: Uint8Array): Promise<void> {
  const layer = { mediaType: 'application/jose+json', digest: digestOf(envelope), size: envelope.length };
  await store.push(emptyContent, emptyDescriptor);
  await store.push(envelope, layer);
  const artifactType = 'application/vnd.cncf.notary.signature';
  const { bytes, descriptor } = encodeManifest({ kind: 'manifest', artifactType, layers: [layer], subject });
  await store.push(bytes, descriptor);
}

/** The name in a JWS, and the hash: those of the key where the Notary Project has it, else the nearest. */
function algorithmOf(key: KeyObject): { readonly name: string; readonly hash: string | null } {
  const { namedCurve, modulusLength = 0 } = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType === 'ed25519') return { name: 'EdDSA', hash: null };
  const curves: Readonly<Record<string, string>> = { secp384r1: '384', secp521r1: '512' };
  const sizes: Readonly<Record<number, string>> = { 3072: '384', 4096: '512' };
  const isEc = key.asymmetricKeyType === 'ec';
  const bits = (isEc ? curves[namedCurve ?? ''] : sizes[modulusLength]) ?? '256';
  return { name: `${isEc ? 'ES' : 'PS'}${bits}`, hash: `sha${bits}` };
}

function base64url(text: string): string {
  return Buffer.from(text).toString('base64url');
}
