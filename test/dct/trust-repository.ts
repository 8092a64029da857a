import {
  constants,
  createHash,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  webcrypto,
} from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
// Has to come first: the library beneath looks for it.
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import type { MetadataFile, MetadataSource } from '@signet/dct';
import { HarnessError } from '../support/harness-error.ts';

/** The repository of these tests, as Docker names it. */
export const gun = 'registry.example.com/team/app';
/** Every file is good at this time: 2026-12-01. */
export const nowMs: number = Date.UTC(2026, 11, 1);
export const dayMs: number = 86_400_000;

export type KeyType = 'ecdsa' | 'ecdsa-p384' | 'rsa' | 'ed25519';

/** A key as Notary v1 writes it, with what signs for it. */
export interface TestKey {
  readonly id: string;
  readonly canonicalId: string;
  readonly json: { readonly keytype: string; readonly keyval: { readonly private: null; readonly public: string } };
  readonly privateKey: KeyObject;
  readonly method: string;
  /** PEM, of root keys. */
  readonly certificate?: string;
}

/** A metadata file before it is signed. */
export type Body = Record<string, unknown>;

/** The canonical form of what these tests write: sorted members, no white space, in texts only `"` and `\\` escaped. */
export function canonical(value: unknown): string {
  const quoted = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`;
  if (typeof value === 'string') return quoted(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value)
    .filter(([, each]) => each !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([key, each]) => `${quoted(key)}:${canonical(each)}`).join(',')}}`;
}

const made = new Map<string, TestKey>();

/** A bare key; the same for the same name and type in one test file, as RSA keys take their time. */
export function makeKey(name: string, type: KeyType = 'ecdsa'): TestKey {
  const known = made.get(`${name} ${type}`);
  if (known !== undefined) return known;
  const { privateKey, publicKey } = pairOf(type);
  const keytype = type === 'ecdsa-p384' ? 'ecdsa' : type;
  const spki = publicKey.export({ format: 'der', type: 'spki' });
  const json = jsonOf(keytype, type === 'ed25519' ? spki.subarray(-32) : spki);
  const id = idOf(json);
  const key = { id, canonicalId: id, json, privateKey, method: methods[type] };
  made.set(`${name} ${type}`, key);
  return key;
}

export interface CertificateOptions {
  readonly commonName?: string;
  readonly notBeforeMs?: number;
  readonly notAfterMs?: number;
  readonly ca?: boolean;
}

/** The key in a certificate of its own, as root keys come. */
export async function certified(key: TestKey, options: CertificateOptions = {}): Promise<TestKey> {
  const {
    commonName = gun,
    notBeforeMs = nowMs - 365 * dayMs,
    notAfterMs = nowMs + 3650 * dayMs,
    ca = false,
  } = options;
  const isRsa = key.json.keytype === 'rsa';
  const algorithm = isRsa
    ? { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
    : { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const pkcs8 = key.privateKey.export({ format: 'der', type: 'pkcs8' });
  const spki = createPublicKey(key.privateKey).export({ format: 'der', type: 'spki' });
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: '01',
    name: [{ CN: [commonName] }],
    notBefore: new Date(notBeforeMs),
    notAfter: new Date(notAfterMs),
    signingAlgorithm: algorithm,
    keys: {
      privateKey: await webcrypto.subtle.importKey('pkcs8', pkcs8, algorithm, true, ['sign']),
      publicKey: await webcrypto.subtle.importKey('spki', spki, algorithm, true, ['verify']),
    },
    extensions: [new x509.BasicConstraintsExtension(ca, undefined, true)],
  });
  return inCertificates(key, `${certificate.toString('pem')}\n`);
}

/** The key in these certificates, in PEM. */
export function inCertificates(key: TestKey, pem: string): TestKey {
  const json = jsonOf(`${key.json.keytype}-x509`, Buffer.from(pem));
  return { ...key, id: idOf(json), json, certificate: pem };
}

/** Image contents by tag, whose digest and length are signed; or these themselves. */
export type TestTargets = Readonly<Record<string, string | { readonly digest: string; readonly length: number }>>;

/** A delegation, and what it signed; `targets` absent: nothing yet. */
export interface TestDelegation {
  readonly name: string;
  readonly keys: readonly TestKey[];
  readonly threshold?: number;
  readonly paths?: readonly string[] | null;
  readonly targets?: TestTargets;
}

/** What a repository is made of; everything has a default that is good. */
export interface TestTrust {
  /** Default: {@link nowMs}. */
  readonly atMs?: number;
  readonly gun?: string;
  readonly root?: readonly TestKey[];
  readonly rootThreshold?: number;
  readonly rootVersion?: number;
  readonly keys?: Partial<Record<'targets' | 'snapshot' | 'timestamp', TestKey>>;
  /** Who signs each role's file; default: all the keys that it has. */
  readonly signers?: Readonly<Record<string, readonly TestKey[]>>;
  readonly targets?: TestTargets;
  readonly delegations?: readonly TestDelegation[];
  /** By role; default: a year after `atMs`, or 14 days for the timestamp. */
  readonly expires?: Readonly<Record<string, number>>;
  /** Changes what a role says before it is signed; the files above it state the changed one. */
  readonly edit?: Readonly<Record<string, (body: Body) => Body>>;
  /** Changes a signed file before the files above it state it. */
  readonly rewrite?: Readonly<Record<string, (file: Buffer) => Buffer>>;
}

/** The files of a repository by name: `root`, `targets/releases`, `1.root`. */
export type Files = Map<string, Buffer>;

/** One of the files. */
export function fileIn(files: Files, name: string): Buffer {
  const file = files.get(name);
  if (file === undefined) throw new HarnessError(`no file ${name}`);
  return file;
}

/** Writes the files where a Docker client keeps them, below its trust folder: gives their folder. */
export function keepIn(trustFolder: string, repository: string, files: Files): string {
  const metadata = join(trustFolder, 'tuf', repository, 'metadata');
  for (const [name, file] of files) {
    mkdirSync(dirname(join(metadata, name)), { recursive: true });
    writeFileSync(join(metadata, `${name}.json`), file);
  }
  return metadata;
}

/** Makes all files of a repository, in the order in which they state one another. */
export async function makeTrust(trust: TestTrust = {}): Promise<Files> {
  const root = trust.root ?? [await certified(makeKey('root'))];
  const keys = {
    targets: makeKey('targets'),
    snapshot: makeKey('snapshot', 'ed25519'),
    timestamp: makeKey('timestamp', 'ed25519'),
    ...trust.keys,
  };
  const files: Files = new Map();
  const put = (role: string, body: Body, own: readonly TestKey[], type = 'Targets'): void => {
    const days = role === 'timestamp' ? 14 : 365;
    const expires = new Date(trust.expires?.[role] ?? (trust.atMs ?? nowMs) + days * dayMs).toISOString();
    const whole = { _type: type, version: 1, expires, ...body };
    const file = signFile(trust.edit?.[role]?.(whole) ?? whole, trust.signers?.[role] ?? own);
    files.set(role, trust.rewrite?.[role]?.(file) ?? file);
  };
  const roleOf = (of: readonly TestKey[], threshold = 1) => ({ keyids: of.map(({ id }) => id), threshold });
  const rootBody = {
    consistent_snapshot: false,
    keys: keysJson([...root, ...Object.values(keys)]),
    roles: {
      root: roleOf(root, trust.rootThreshold),
      targets: roleOf([keys.targets]),
      snapshot: roleOf([keys.snapshot]),
      timestamp: roleOf([keys.timestamp]),
    },
    version: trust.rootVersion ?? 1,
  };
  put('root', rootBody, root, 'Root');
  const all = trust.delegations ?? [];
  put('targets', targetsBody(trust.targets ?? {}, childrenOf('targets', all)), [keys.targets]);
  for (const { name, targets, keys: own } of all)
    if (targets !== undefined) put(name, targetsBody(targets, childrenOf(name, all)), own);
  put(
    'snapshot',
    { meta: Object.fromEntries([...files].map(([role, file]) => [role, metaOf(file)])) },
    [keys.snapshot],
    'Snapshot',
  );
  put('timestamp', { meta: { snapshot: metaOf(fileIn(files, 'snapshot')) } }, [keys.timestamp], 'Timestamp');
  return files;
}

/** A file with these signatures over the canonical form of `body`. */
export function signFile(body: Body, signers: readonly TestKey[]): Buffer {
  const message = Buffer.from(canonical(body));
  const signatures = signers.map((key) => ({
    keyid: key.id,
    method: key.method,
    sig: signatureOf(message, key).toString('base64'),
  }));
  return Buffer.from(JSON.stringify({ signed: body, signatures }));
}

/** Length and hashes of a file. */
export function metaOf(file: Buffer): object {
  const hashOf = (algorithm: string): string => createHash(algorithm).update(file).digest('base64');
  return { hashes: { sha256: hashOf('sha256'), sha512: hashOf('sha512') }, length: file.length };
}

/** The digest that {@link makeTrust} gives an image content. */
export function digestOfText(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}

/** The files in memory; `asked`: what was read, in order. */
export function sourceOf(files: ReadonlyMap<string, Uint8Array>): MetadataSource & { readonly asked: MetadataFile[] } {
  const asked: MetadataFile[] = [];
  return {
    place: 'memory',
    asked,
    read: (file) => {
      asked.push(file);
      return Promise.resolve(files.get(file.version === undefined ? file.role : `${file.version}.${file.role}`));
    },
  };
}

const methods: Readonly<Record<KeyType, string>> = {
  ecdsa: 'ecdsa',
  'ecdsa-p384': 'ecdsa',
  rsa: 'rsapss',
  ed25519: 'eddsa',
};

function pairOf(type: KeyType): { readonly privateKey: KeyObject; readonly publicKey: KeyObject } {
  if (type === 'rsa') return generateKeyPairSync('rsa', { modulusLength: 2048 });
  if (type === 'ed25519') return generateKeyPairSync('ed25519');
  return generateKeyPairSync('ec', { namedCurve: type === 'ecdsa' ? 'P-256' : 'P-384' });
}

function jsonOf(keytype: string, publicBytes: Uint8Array): TestKey['json'] {
  return { keytype, keyval: { private: null, public: Buffer.from(publicBytes).toString('base64') } };
}

function idOf(json: TestKey['json']): string {
  return createHash('sha256').update(canonical(json)).digest('hex');
}

function signatureOf(message: Buffer, { privateKey, method }: TestKey): Buffer {
  switch (method) {
    case 'eddsa':
      return sign(null, message, privateKey);
    case 'rsapss':
      return sign('sha256', message, { key: privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 });
    case 'rsapkcs1v15':
      return sign('sha256', message, { key: privateKey, padding: constants.RSA_PKCS1_PADDING });
    default:
      return sign('sha256', message, { key: privateKey, dsaEncoding: 'ieee-p1363' });
  }
}

function keysJson(keys: readonly TestKey[]): object {
  return Object.fromEntries(keys.map(({ id, json }) => [id, json]));
}

function targetsBody(targets: TestTargets, children: readonly TestDelegation[]): Body {
  const roles = children.map(({ name, keys, threshold = 1, paths = [''] }) => ({
    keyids: keys.map(({ id }) => id),
    name,
    ...(paths === null ? {} : { paths }),
    threshold,
  }));
  return {
    delegations: { keys: keysJson(children.flatMap(({ keys }) => keys)), roles },
    targets: Object.fromEntries(Object.entries(targets).map(([tag, image]) => [tag, imageMeta(image)])),
  };
}

function childrenOf(role: string, all: readonly TestDelegation[]): readonly TestDelegation[] {
  return all.filter(({ name }) => name.slice(0, name.lastIndexOf('/')) === role);
}

function imageMeta(image: TestTargets[string]): object {
  if (typeof image === 'string') return metaOf(Buffer.from(image));
  const sha256 = Buffer.from(image.digest.replace('sha256:', ''), 'hex').toString('base64');
  return { hashes: { sha256 }, length: image.length };
}
