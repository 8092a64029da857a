import { constants, createHash, createPrivateKey, type KeyObject, sign, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** What a test plugin is: its name, what it does, and which rule it breaks on purpose. */
export interface PluginSetup {
  readonly name: string;
  readonly kind: 'raw' | 'envelope';
  /** Default 1.2.3. */
  readonly version?: string;
  /** One of bad-plugin.ts. */
  readonly fault?: string;
}

/** A request, as the protocol has it; a plugin of a test trusts its caller. */
export type Request = Readonly<Record<string, unknown>>;
/** An answer, or the members of one. */
export type Answer = Record<string, unknown>;

/** An error by the contract: told on standard error, with exit code 1. */
export class OwnError extends Error {
  readonly errorCode: string;
  constructor(errorCode: string, message: string) {
    super(message);
    this.errorCode = errorCode;
  }
}

const prefix = 'io.cncf.notary.';
/** The critical attribute that this plugin alone knows. */
export const ownAttribute = 'com.example.approvedBy';

/**
 * A Notary plugin with a key and a chain that its settings name (`keyFile`, `chainFile`: PEM). It verifies identities of the form
 * `plugin:<SHA-256 of the first certificate>` and `*`, revocation by a list in its settings (`revoked`: such hashes), and an attribute of its own.
 * Written by nothing of Signet's. Rule: wire-formats 10.
 */
export function answerWell(setup: PluginSetup, command: string, request: Request): Answer {
  switch (command) {
    case 'get-plugin-metadata':
      return metadataOf(setup);
    case 'describe-key':
      return { keyId: request.keyId, keySpec: specOf(keyOf(request)) };
    case 'generate-signature':
      return rawSignature(request);
    case 'generate-envelope':
      return wholeEnvelope(setup, request);
    case 'verify-signature':
      return verdicts(request);
    default:
      throw new OwnError('VALIDATION_ERROR', `no command ${command}`);
  }
}

function metadataOf({ name, kind, version = '1.2.3' }: PluginSetup): Answer {
  return {
    name,
    description: 'A plugin for tests',
    version,
    url: 'https://example.com/plugin',
    supportedContractVersions: ['1.0'],
    capabilities: [
      kind === 'raw' ? 'SIGNATURE_GENERATOR.RAW' : 'SIGNATURE_GENERATOR.ENVELOPE',
      'SIGNATURE_VERIFIER.TRUSTED_IDENTITY',
      'SIGNATURE_VERIFIER.REVOCATION_CHECK',
    ],
  };
}

function configOf(request: Request): Readonly<Record<string, string>> {
  return (request.pluginConfig ?? {}) as Readonly<Record<string, string>>;
}

/** The key of the settings. */
export function keyOf(request: Request): KeyObject {
  const { keyFile } = configOf(request);
  if (keyFile === undefined) throw new OwnError('VALIDATION_ERROR', 'the setting keyFile is missing');
  return createPrivateKey(readFileSync(keyFile));
}

function chainOf(request: Request): readonly string[] {
  const { chainFile = '' } = configOf(request);
  const blocks = readFileSync(chainFile, 'utf8').match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g);
  return (blocks ?? []).map((pem) => new X509Certificate(pem).raw.toString('base64'));
}

function specOf(key: KeyObject): string {
  const { namedCurve = '', modulusLength } = key.asymmetricKeyDetails ?? {};
  const curves: Readonly<Record<string, string>> = { prime256v1: '256', secp384r1: '384', secp521r1: '521' };
  return modulusLength === undefined ? `EC-${curves[namedCurve]}` : `RSA-${modulusLength}`;
}

const bits: Readonly<Record<string, string>> = {
  'EC-256': '256',
  'EC-384': '384',
  'EC-521': '512',
  'RSA-2048': '256',
  'RSA-3072': '384',
  'RSA-4096': '512',
};

/** Signs as the protocol wants it: r and s side by side, or PSS. */
export function signBytes(key: KeyObject, bytes: Uint8Array, dsaEncoding: 'der' | 'ieee-p1363' = 'ieee-p1363'): Buffer {
  const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
  const how = key.asymmetricKeyType === 'ec' ? { dsaEncoding } : pss;
  return sign(`sha${bits[specOf(key)]}`, bytes, { key, ...how });
}

function rawSignature(request: Request): Answer {
  const key = keyOf(request);
  const spec = specOf(key);
  if (request.keySpec !== spec) throw new OwnError('VALIDATION_ERROR', `the key is ${spec}`);
  if (request.hashAlgorithm !== `SHA-${bits[spec]}`) throw new OwnError('VALIDATION_ERROR', 'another hash');
  return {
    keyId: request.keyId,
    signature: signBytes(key, Buffer.from(String(request.payload), 'base64')).toString('base64'),
    signingAlgorithm: `${spec.startsWith('EC') ? 'ECDSA' : 'RSASSA-PSS'}-SHA-${bits[spec]}`,
    certificateChain: chainOf(request),
  };
}

/** What a broken plugin changes of an envelope before it signs. */
export interface EnvelopeChange {
  readonly header?: Readonly<Record<string, unknown>>;
  readonly critical?: readonly string[];
  readonly payload?: (payload: Record<string, Record<string, unknown>>) => unknown;
}

/** A JWS that names this plugin for its verification. */
export function wholeEnvelope(setup: PluginSetup, request: Request, change: EnvelopeChange = {}): Answer {
  const key = keyOf(request);
  const spec = specOf(key);
  const seconds = Math.floor(Date.now() / 1000);
  const time = (at: number): string => new Date(at * 1000).toISOString().replace('.000Z', 'Z');
  const lifetime = request.expiryDurationInSeconds as number | undefined;
  const header = {
    alg: `${spec.startsWith('EC') ? 'ES' : 'PS'}${bits[spec]}`,
    crit: [
      ...(change.critical ?? [ownAttribute, `${prefix}verificationPlugin`]),
      `${prefix}signingScheme`,
      ...(lifetime === undefined ? [] : [`${prefix}expiry`]),
    ],
    cty: request.payloadType,
    [`${prefix}signingScheme`]: 'notary.x509',
    [`${prefix}signingTime`]: time(seconds),
    ...(lifetime === undefined ? {} : { [`${prefix}expiry`]: time(seconds + lifetime) }),
    [`${prefix}verificationPlugin`]: setup.name,
    [ownAttribute]: 'somebody',
    ...change.header,
  };
  const given = Buffer.from(String(request.payload), 'base64');
  const payload = change.payload === undefined ? given : JSON.stringify(change.payload(JSON.parse(given.toString())));
  const signed = [JSON.stringify(header), payload].map((part) => Buffer.from(part).toString('base64url'));
  const envelope = {
    payload: signed[1],
    protected: signed[0],
    header: { x5c: chainOf(request), [`${prefix}signingAgent`]: 'good-plugin' },
    signature: signBytes(key, Buffer.from(signed.join('.'))).toString('base64url'),
  };
  return {
    signatureEnvelope: Buffer.from(JSON.stringify(envelope)).toString('base64'),
    signatureEnvelopeType: request.signatureEnvelopeType,
    annotations: { 'com.example.made-by': setup.name },
  };
}

interface ToVerify {
  readonly certificateChain: readonly string[];
  readonly unprocessedAttributes?: readonly string[];
  readonly criticalAttributes: { readonly extendedAttributes?: Readonly<Record<string, unknown>> };
}

function verdicts(request: Request): Answer {
  const signature = request.signature as unknown as ToVerify;
  const policy = request.trustPolicy as unknown as Readonly<Record<string, readonly string[]>>;
  const leaf = createHash('sha256')
    .update(Buffer.from(signature.certificateChain[0] ?? '', 'base64'))
    .digest('hex');
  const approvedBy = signature.criticalAttributes.extendedAttributes?.[ownAttribute];
  const isTrusted = (policy.trustedIdentities ?? []).some((each) => each === '*' || each === `plugin:${leaf}`);
  const isRevoked = (configOf(request).revoked ?? '').split(',').includes(leaf);
  const answers: Readonly<Record<string, Answer>> = {
    'SIGNATURE_VERIFIER.TRUSTED_IDENTITY': isTrusted
      ? { success: true }
      : { success: false, reason: 'the identity is none of those that are trusted' },
    'SIGNATURE_VERIFIER.REVOCATION_CHECK': isRevoked
      ? { success: false, reason: 'the certificate was revoked' }
      : { success: true, reason: 'not on the list' },
  };
  return {
    verificationResults: Object.fromEntries((policy.signatureVerification ?? []).map((each) => [each, answers[each]])),
    processedAttributes: approvedBy === 'somebody' ? [ownAttribute] : [],
  };
}
