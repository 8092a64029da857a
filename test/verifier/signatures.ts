import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { type PublicKey, pae, publicKeyFrom } from '@signet/core';
import { type Digest, digestOf } from '@signet/oci';
import type { Envelope } from '@signet/verifier';

/** A key pair whose private half is node:crypto's: the signatures of these tests are not made by the code under test. */
export interface TestKey {
  readonly publicKey: PublicKey;
  readonly privateKey: KeyObject;
  readonly hash: string | null;
}

export type TestKeyKind = 'p256' | 'p384' | 'p521' | 'rsa' | 'ed25519';

const curves = { p256: 'P-256', p384: 'P-384', p521: 'P-521' } as const;

/** SHA-256 for every curve and RSA, as most writers do. */
export function testKey(
  kind: TestKeyKind = 'p256',
  hash: string | null = kind === 'ed25519' ? null : 'sha256',
): TestKey {
  const pair =
    kind === 'rsa'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : kind === 'ed25519'
        ? generateKeyPairSync('ed25519')
        : generateKeyPairSync('ec', { namedCurve: curves[kind] });
  return { publicKey: publicKeyFrom(pair.publicKey), privateKey: pair.privateKey, hash };
}

/** ECDSA in DER, RSA in PKCS#1 v1.5. */
export function signBytes(key: TestKey, message: Uint8Array): Buffer {
  return sign(key.hash, message, key.privateKey);
}

export const signType = 'https://sigstore.dev/cosign/sign/v1';
export const bundleMediaType = 'application/vnd.dev.sigstore.bundle.v0.3+json';

/** A statement over a digest, with what a test changes in it. */
export function statementOf(
  digest: Digest,
  annotations: Readonly<Record<string, string>> = {},
  changes: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  const [algorithm = '', hex = ''] = digest.split(':');
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ digest: { [algorithm]: hex }, annotations }],
    predicateType: signType,
    predicate: {},
    ...changes,
  };
}

/** What a test changes in a bundle. */
export interface BundleChanges {
  readonly payloadType?: string;
  /** Members of the whole. */
  readonly bundle?: Readonly<Record<string, unknown>>;
  readonly material?: Readonly<Record<string, unknown>>;
  /** Members of the DSSE envelope, after signing. */
  readonly dsse?: Readonly<Record<string, unknown>>;
  readonly hint?: string;
}

/** A bundle as cosign 3 writes it. */
export function bundleOf(statement: unknown, key: TestKey, changes: BundleChanges = {}): Buffer {
  const payload = typeof statement === 'string' ? Buffer.from(statement) : Buffer.from(JSON.stringify(statement));
  const payloadType = changes.payloadType ?? 'application/vnd.in-toto+json';
  const sig = signBytes(key, pae(payloadType, payload)).toString('base64');
  const bundle = {
    mediaType: bundleMediaType,
    verificationMaterial: changes.material ?? { publicKey: { hint: changes.hint ?? key.publicKey.hint } },
    dsseEnvelope: { payload: payload.toString('base64'), payloadType, signatures: [{ sig }], ...changes.dsse },
    ...changes.bundle,
  };
  return Buffer.from(JSON.stringify(bundle));
}

/** cosign's older payload. */
export function simpleSigningOf(
  digest: Digest,
  reference = 'r.example/app',
  optional: unknown = null,
): Record<string, unknown> {
  return {
    critical: {
      identity: { 'docker-reference': reference },
      image: { 'docker-manifest-digest': digest },
      type: 'cosign container image signature',
    },
    optional,
  };
}

/** An envelope as collecting would hand it over. */
export function envelopeOf(format: string, bytes: Uint8Array, changes: Partial<Envelope> = {}): Envelope {
  return {
    format,
    foundIn: 'blob',
    origin: digestOf(Buffer.from('manifest')),
    mediaType: bundleMediaType,
    bytes,
    annotations: {},
    ...changes,
  };
}
