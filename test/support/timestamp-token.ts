import { createHash, sign } from 'node:crypto';
import { der } from '../../packages/core/src/keys/der.ts';
import { readFields } from '../../packages/core/src/x509/fields.ts';
import { objectId, sequence } from './certificate-der.ts';
import type { MadeCertificate } from './certificates.ts';

const oid = {
  sha1: '1.3.14.3.2.26',
  sha256: '2.16.840.1.101.3.4.2.1',
  signedData: '1.2.840.113549.1.7.2',
  tstInfo: '1.2.840.113549.1.9.16.1.4',
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingTime: '1.2.840.113549.1.9.5',
  signingCertificateV2: '1.2.840.113549.1.9.16.2.47',
  ecdsaSha256: '1.2.840.10045.4.3.2',
} as const;

/** Parts of TSTInfo, in their order; each may be changed or left out. */
export interface TokenInfo {
  readonly version: Uint8Array;
  readonly policy: Uint8Array;
  readonly imprint: Uint8Array;
  readonly serial: Uint8Array;
  readonly time: Uint8Array;
  readonly accuracy?: Uint8Array;
  readonly ordering?: Uint8Array;
  readonly nonce?: Uint8Array;
  readonly tsa?: Uint8Array;
  readonly extensions?: Uint8Array;
}

/** What is to be in a token; all is as it should be where nothing is said. */
export interface TokenRequest {
  /** Of P-256. */
  readonly signer: MadeCertificate;
  readonly signature: Uint8Array;
  readonly certificates?: readonly MadeCertificate[];
  /** Milliseconds since 1970 UTC. */
  readonly timeMs?: number;
  readonly info?: (info: TokenInfo) => Record<keyof TokenInfo, Uint8Array | undefined> | TokenInfo;
  /** By their OIDs, each a whole Attribute. */
  readonly attributes?: (attributes: Map<string, Uint8Array>) => void;
  /** Of the content and the type of it that are stored, not of what was signed. */
  readonly content?: (content: Uint8Array) => Uint8Array;
  readonly contentType?: string;
  /** Of the list of signers. */
  readonly signers?: (signer: Uint8Array) => readonly Uint8Array[];
  /** Of the members of SignedData. */
  readonly version?: number;
  readonly signerVersion?: number;
}

const number = (value: number): Uint8Array => der(0x02, Uint8Array.of(value));
const set = (...parts: readonly Uint8Array[]): Uint8Array => der(0x31, ...parts);
const algorithm = (id: string, ...more: readonly Uint8Array[]): Uint8Array => sequence(objectId(id), ...more);

/** An attribute with one value. */
export function attribute(id: string, ...values: readonly Uint8Array[]): Uint8Array {
  return sequence(objectId(id), set(...values));
}

/** OIDs of attributes and hashes. */
export const tokenOids: typeof oid = oid;

/** signing-certificate-v2 for a certificate; by SHA-256, which is not named. */
export function namedCertificate(certificate: MadeCertificate, ...more: readonly Uint8Array[]): Uint8Array {
  const hash = createHash('sha256').update(certificate.der).digest();
  return sequence(sequence(sequence(der(0x04, hash), ...more)));
}

/** GeneralizedTime. */
export function generalizedTime(text: string): Uint8Array {
  return der(0x18, Buffer.from(text));
}

/** A TimeStampToken, made by nothing that the code under test reads with but the writer of DER. */
export function makeToken(request: TokenRequest): Uint8Array {
  const { signer, signature, certificates = [signer], timeMs = Date.UTC(2026, 0, 1) } = request;
  const { info: change = (info) => info } = request;
  const imprint = createHash('sha256').update(signature).digest();
  const info = change({
    version: number(1),
    policy: objectId('1.2.3.4.1'),
    imprint: sequence(algorithm(oid.sha256, der(0x05)), der(0x04, imprint)),
    serial: number(7),
    time: generalizedTime(`${new Date(timeMs).toISOString().slice(0, 19).replace(/[-T:]/g, '')}Z`),
  });
  const content = sequence(...Object.values(info).filter((part) => part !== undefined));
  const attributes = new Map([
    [oid.contentType as string, attribute(oid.contentType, objectId(oid.tstInfo))],
    [oid.messageDigest, attribute(oid.messageDigest, der(0x04, createHash('sha256').update(content).digest()))],
    [oid.signingCertificateV2, attribute(oid.signingCertificateV2, namedCertificate(signer))],
  ]);
  request.attributes?.(attributes);
  const list = Buffer.concat([...attributes.values()]);
  const { issuer, serialNumber } = readFields(signer.der);
  const signerInfo = sequence(
    number(request.signerVersion ?? 1),
    sequence(issuer, der(0x02, serialNumber)),
    algorithm(oid.sha256),
    der(0xa0, list),
    algorithm(oid.ecdsaSha256),
    der(0x04, sign('sha256', der(0x31, list), signer.privateKey)),
  );
  const signedData = sequence(
    number(request.version ?? 3),
    set(algorithm(oid.sha256)),
    sequence(objectId(request.contentType ?? oid.tstInfo), der(0xa0, der(0x04, request.content?.(content) ?? content))),
    ...(certificates.length === 0 ? [] : [der(0xa0, ...certificates.map((each) => each.der))]),
    set(...(request.signers?.(signerInfo) ?? [signerInfo])),
  );
  return sequence(objectId(oid.signedData), der(0xa0, signedData));
}
