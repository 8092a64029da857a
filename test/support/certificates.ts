import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { der } from '../../packages/core/src/keys/der.ts';
import {
  basicConstraints,
  bitString,
  crlPoints,
  derExtension,
  derName,
  derSerial,
  derTime,
  extendedKeyUsage,
  keyIdentifiers,
  keyUsage,
  ocspAccess,
  ocspNoCheck,
  oids,
  sequence,
  type TestExtension,
  type TestName,
} from './certificate-der.ts';
import { type CertificateSignature, signatureAlgorithm } from './certificate-signature.ts';
import type { NotationKey } from './notation.ts';

/** Kinds of keys: the six of the Notary Project, and some that it refuses. */
export type TestKeyKind = NotationKey | 'ec-224' | 'ec-k256' | 'rsa-1024' | 'rsa-2560' | 'rsa-pss-2048' | 'ed25519';

/** What a certificate is for; `bare` has no extension of its own. */
export type CertificateProfile = 'leaf' | 'ca' | 'tsa' | 'ocsp' | 'bare';

/** What is to be in a certificate. All has a default: self-signed, P-256, a leaf that signs code, valid from 2020 to 2049. */
export interface CertificateRequest {
  readonly profile?: CertificateProfile;
  readonly subject?: TestName;
  /** Instead of the issuer's own. */
  readonly issuerName?: TestName;
  /** A private key, or a kind: certificates of one kind and one subject then share their key. */
  readonly key?: KeyObject | TestKeyKind;
  /** Who signs; itself by default. */
  readonly issuer?: MadeCertificate;
  /** Milliseconds since 1970 UTC. */
  readonly fromMs?: number;
  readonly toMs?: number;
  readonly serial?: bigint;
  /** Default SHA-256. */
  readonly signature?: CertificateSignature;
  readonly ocspUrls?: readonly string[];
  readonly crlUrls?: readonly string[];
  /** Each in place of the profile's own of the same OID, or beside them. */
  readonly extensions?: readonly TestExtension[];
  /** OIDs of the profile's own that are left out. */
  readonly without?: readonly string[];
  /** What is written twice, or in another way than DER, goes here: the whole content of the signed part is changed by it. */
  readonly change?: (fields: TbsFields) => TbsFields;
}

/** The fields of the part that is signed, in DER and in their order. */
export interface TbsFields {
  readonly version: Uint8Array;
  readonly serial: Uint8Array;
  readonly algorithm: Uint8Array;
  readonly issuer: Uint8Array;
  readonly validity: Uint8Array;
  readonly subject: Uint8Array;
  readonly spki: Uint8Array;
  readonly extensions: Uint8Array;
}

/** A certificate with its key. */
export interface MadeCertificate {
  readonly der: Uint8Array;
  readonly pem: string;
  readonly privateKey: KeyObject;
  /** PKCS#8. */
  readonly keyPem: string;
  /** DER of its subject. */
  readonly name: Uint8Array;
}

const keys = new Map<string, KeyObject>();
let serials = 0x1000n;

/** A private key, made once for each kind and name: RSA takes its time. */
export function testKey(kind: TestKeyKind, name = ''): KeyObject {
  const place = `${kind} ${name}`;
  const key = keys.get(place) ?? generate(kind);
  keys.set(place, key);
  return key;
}

/** Makes a certificate, by nothing that the code under test reads with: a mistake in one of both shows. */
export function makeCertificate(request: CertificateRequest = {}): MadeCertificate {
  const { profile = 'leaf', issuer, signature = 'sha256', change = (fields) => fields } = request;
  const { subject = `C=US,ST=WA,L=Seattle,O=Notary,CN=${profile}` } = request;
  const privateKey = keyOf(request.key ?? 'ec-256', subject);
  const signer = issuer?.privateKey ?? privateKey;
  const algorithm = signatureAlgorithm(signer, signature);
  const name = derName(subject);
  const fields = change({
    version: der(0xa0, der(0x02, Uint8Array.of(2))),
    serial: derSerial(request.serial ?? nextSerial()),
    algorithm: algorithm.identifier,
    issuer: request.issuerName === undefined ? (issuer?.name ?? name) : derName(request.issuerName),
    validity: sequence(
      derTime(request.fromMs ?? Date.UTC(2020, 0, 1)),
      derTime(request.toMs ?? Date.UTC(2049, 11, 31)),
    ),
    subject: name,
    spki: createPublicKey(privateKey).export({ format: 'der', type: 'spki' }),
    extensions: derExtensions(extensionsOf(request, profile, privateKey)),
  });
  const signed = sequence(...Object.values(fields));
  const bits = bitString(sign(algorithm.hash, signed, { key: signer, ...algorithm.options }));
  const bytes = sequence(signed, algorithm.identifier, bits);
  return {
    der: bytes,
    pem: toPem(bytes),
    privateKey,
    keyPem: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    name,
  };
}

/** What is to be in a chain: each part as its profile has it, with what is said here in its place. */
export interface ChainRequest {
  readonly leaf?: CertificateRequest;
  readonly root?: CertificateRequest;
  /** From the one that issued the leaf upwards; one by default. */
  readonly intermediates?: readonly CertificateRequest[];
}

/** A chain, each issued by the next. */
export interface MadeChain {
  readonly leaf: MadeCertificate;
  readonly intermediates: readonly MadeCertificate[];
  readonly root: MadeCertificate;
  /** Leaf first, root last. */
  readonly all: readonly MadeCertificate[];
  readonly ders: readonly Uint8Array[];
}

/** Makes root, intermediates and leaf. */
export function makeChain({ leaf = {}, intermediates = [{}], root = {} }: ChainRequest = {}): MadeChain {
  const name = (commonName: string): TestName => `C=US,ST=WA,L=Seattle,O=Notary,CN=${commonName}`;
  const made = [makeCertificate({ profile: 'ca', subject: name('root'), ...root })];
  for (const [at, request] of [...intermediates.entries()].reverse())
    made.push(makeCertificate({ profile: 'ca', subject: name(`ca ${at + 1}`), issuer: last(made), ...request }));
  made.push(makeCertificate({ subject: name('leaf'), issuer: last(made), ...leaf }));
  const all = made.toReversed();
  return {
    leaf: last(made),
    intermediates: all.slice(1, -1),
    root: last(all),
    all,
    ders: all.map((each) => each.der),
  };
}

/** One PEM block. */
export function toPem(bytes: Uint8Array, label = 'CERTIFICATE'): string {
  const lines =
    Buffer.from(bytes)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}

/** Extensions as a certificate has them, with their tag; none gives no field at all. */
export function derExtensions(list: readonly TestExtension[]): Uint8Array {
  return list.length === 0 ? new Uint8Array(0) : der(0xa3, sequence(...list.map(derExtension)));
}

const profiles: Readonly<Record<CertificateProfile, readonly TestExtension[]>> = {
  leaf: [basicConstraints(false), keyUsage(['digitalSignature']), extendedKeyUsage([oids.codeSigning])],
  ca: [basicConstraints(true), keyUsage(['keyCertSign', 'cRLSign'])],
  tsa: [basicConstraints(false), keyUsage(['digitalSignature']), extendedKeyUsage([oids.timeStamping], true)],
  ocsp: [basicConstraints(false), keyUsage(['digitalSignature']), extendedKeyUsage([oids.ocspSigning]), ocspNoCheck],
  bare: [],
};

function extensionsOf(
  { issuer, ocspUrls, crlUrls, extensions = [], without = [] }: CertificateRequest,
  profile: CertificateProfile,
  own: KeyObject,
): readonly TestExtension[] {
  const usual = [
    ...profiles[profile],
    ...(profile === 'bare' ? [] : keyIdentifiers(createPublicKey(own), issuer && createPublicKey(issuer.privateKey))),
    ...(ocspUrls === undefined ? [] : [ocspAccess(ocspUrls)]),
    ...(crlUrls === undefined ? [] : [crlPoints(crlUrls)]),
  ];
  const replaced = new Set([...without, ...extensions.map(({ id }) => id)]);
  return [...usual.filter(({ id }) => !replaced.has(id)), ...extensions];
}

function keyOf(key: KeyObject | TestKeyKind, subject: TestName): KeyObject {
  return typeof key === 'string' ? testKey(key, JSON.stringify(subject)) : key;
}

function generate(kind: TestKeyKind): KeyObject {
  if (kind === 'ed25519') return generateKeyPairSync('ed25519').privateKey;
  const curve = { 'ec-224': 'P-224', 'ec-256': 'P-256', 'ec-384': 'P-384', 'ec-521': 'P-521', 'ec-k256': 'secp256k1' };
  if (kind in curve) return generateKeyPairSync('ec', { namedCurve: curve[kind as keyof typeof curve] }).privateKey;
  const modulusLength = Number(kind.split('-').at(-1));
  return kind.startsWith('rsa-pss')
    ? generateKeyPairSync('rsa-pss', { modulusLength }).privateKey
    : generateKeyPairSync('rsa', { modulusLength }).privateKey;
}

function nextSerial(): bigint {
  serials += 1n;
  return serials;
}

function last<T>(list: readonly T[]): T {
  const found = list.at(-1);
  if (found === undefined) throw new RangeError('an empty list');
  return found;
}
