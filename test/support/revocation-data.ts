import { createHash, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { der, derInteger, readAll, readOnlySequence } from '../../packages/core/src/keys/der.ts';
import { bitString, derExtension, derName, sequence, type TestExtension } from './certificate-der.ts';
import { type CertificateSignature, signatureAlgorithm } from './certificate-signature.ts';
import type { MadeCertificate } from './certificates.ts';

/** One entry of a list. `serial`: content of the INTEGER. Times are milliseconds since 1970 UTC. */
export interface TestEntry {
  readonly serial: Uint8Array;
  readonly atMs: number;
  readonly reason?: number;
  readonly invalidFromMs?: number;
  readonly extensions?: readonly TestExtension[];
}

/** What is to be in a list. Default: SHA-256, valid for a day around `atMs`. */
export interface CrlRequest {
  readonly by: MadeCertificate;
  readonly atMs: number;
  readonly entries?: readonly TestEntry[];
  /** In place of `entries`: the content of their list. */
  readonly rawEntries?: Uint8Array;
  readonly number?: number;
  readonly deltaFrom?: number;
  readonly fromMs?: number;
  /** null: none. */
  readonly toMs?: number | null;
  readonly extensions?: readonly TestExtension[];
  readonly signature?: CertificateSignature;
  readonly issuerName?: string;
}

/** What is to be in an OCSP response; `key` and `by`: who signs. */
export interface OcspAnswerRequest {
  readonly certificate: { readonly serialNumber: string };
  readonly issuer: MadeCertificate;
  readonly by?: MadeCertificate;
  readonly withCertificates?: readonly Uint8Array[];
  readonly atMs: number;
  readonly fromMs?: number;
  readonly toMs?: number | null;
  readonly status?: 'good' | 'unknown' | { readonly atMs: number; readonly reason?: number };
  readonly extensions?: readonly TestExtension[];
  readonly byKey?: boolean;
  readonly signature?: CertificateSignature;
  readonly times?: number;
}

const dayMs = 86_400_000;

/** GeneralizedTime. */
export function generalizedTime(ms: number): Uint8Array {
  const digits = new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
  return der(0x18, Buffer.from(digits.replaceAll(/[-:T]/g, '')));
}

/** A CertificateList in DER. */
export function makeCrl(request: CrlRequest): Uint8Array {
  const { by, atMs, entries = [], number, deltaFrom, extensions = [], signature = 'sha256' } = request;
  const algorithm = signatureAlgorithm(by.privateKey, signature);
  const raw = request.rawEntries ?? Buffer.concat(entries.map(makeEntry));
  const all = [
    ...(number === undefined ? [] : [{ id: '2.5.29.20', isCritical: false, value: derInteger(number) }]),
    ...(deltaFrom === undefined ? [] : [{ id: '2.5.29.27', isCritical: true, value: derInteger(deltaFrom) }]),
    ...extensions,
  ];
  const tbs = sequence(
    derInteger(1),
    algorithm.identifier,
    request.issuerName === undefined ? by.name : derName(request.issuerName),
    generalizedTime(request.fromMs ?? atMs - dayMs),
    ...(request.toMs === null ? [] : [generalizedTime(request.toMs ?? atMs + dayMs)]),
    ...(raw.length === 0 ? [] : [der(0x30, raw)]),
    ...(all.length === 0 ? [] : [der(0xa0, sequence(...all.map(derExtension)))]),
  );
  return signed(tbs, by.privateKey, signature);
}

/** An OCSPResponse in DER. */
export function makeOcspAnswer(request: OcspAnswerRequest): Uint8Array {
  const { issuer, by = issuer, atMs, withCertificates = [], signature = 'sha256', times = 1 } = request;
  const single = singleOf(request);
  const data = sequence(
    request.byKey === true ? der(0xa2, der(0x04, keyHash(by.privateKey))) : der(0xa1, by.name),
    generalizedTime(atMs),
    sequence(...Array.from({ length: times }, () => single)),
  );
  const certs = withCertificates.length === 0 ? undefined : der(0xa0, sequence(...withCertificates));
  const basic = signed(data, by.privateKey, signature, certs);
  const type = der(0x06, Buffer.from('2b0601050507300101', 'hex'));
  return sequence(der(0x0a, Uint8Array.of(0)), der(0xa0, sequence(type, der(0x04, basic))));
}

function singleOf({
  certificate,
  issuer,
  atMs,
  status = 'good',
  extensions = [],
  ...rest
}: OcspAnswerRequest): Uint8Array {
  const sha1 = (bytes: Uint8Array): Uint8Array => createHash('sha1').update(bytes).digest();
  const algorithm = sequence(der(0x06, Buffer.from('2b0e03021a', 'hex')), der(0x05));
  const serial = der(0x02, Buffer.from(certificate.serialNumber, 'hex'));
  const id = sequence(algorithm, der(0x04, sha1(issuer.name)), der(0x04, keyHash(issuer.privateKey)), serial);
  return sequence(
    id,
    statusOf(status),
    generalizedTime(rest.fromMs ?? atMs - dayMs),
    ...(rest.toMs === null ? [] : [der(0xa0, generalizedTime(rest.toMs ?? atMs + dayMs))]),
    ...(extensions.length === 0 ? [] : [der(0xa1, sequence(...extensions.map(derExtension)))]),
  );
}

function statusOf(status: NonNullable<OcspAnswerRequest['status']>): Uint8Array {
  if (status === 'good') return der(0x80);
  if (status === 'unknown') return der(0x82);
  const reason = status.reason === undefined ? [] : [der(0xa0, der(0x0a, Uint8Array.of(status.reason)))];
  return der(0xa1, generalizedTime(status.atMs), ...reason);
}

/** The extension of an entry or answer that says since when a key is bad. */
export function invalidityDate(ms: number): TestExtension {
  return { id: '2.5.29.24', isCritical: false, value: generalizedTime(ms) };
}

/** One entry in DER. */
export function makeEntry({ serial, atMs, reason, invalidFromMs, extensions = [] }: TestEntry): Uint8Array {
  const all = [
    ...(reason === undefined ? [] : [{ id: '2.5.29.21', isCritical: false, value: der(0x0a, Uint8Array.of(reason)) }]),
    ...(invalidFromMs === undefined ? [] : [invalidityDate(invalidFromMs)]),
    ...extensions,
  ];
  const list = all.length === 0 ? [] : [sequence(...all.map(derExtension))];
  return sequence(der(0x02, serial), generalizedTime(atMs), ...list);
}

function signed(tbs: Uint8Array, key: KeyObject, signature: CertificateSignature, more?: Uint8Array): Uint8Array {
  const { identifier, hash, options } = signatureAlgorithm(key, signature);
  const bits = bitString(sign(hash, tbs, { key, ...options }));
  return sequence(tbs, identifier, bits, ...(more === undefined ? [] : [more]));
}

function keyHash(key: KeyObject): Uint8Array {
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' });
  const bits = readAll(readOnlySequence(spki))[1]?.content.subarray(1) ?? new Uint8Array(0);
  return createHash('sha1').update(bits).digest();
}
