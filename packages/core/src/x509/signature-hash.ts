import { KeyError } from '../errors.ts';
import { type DerElement, readAll, readOnlySequence, TAG } from '../keys/der.ts';
import type { Certificate } from './certificate.ts';
import { objectIdText } from './object-id.ts';

/** The kinds of keys (as node:crypto names them) that an algorithm fits, and its hash; null: it hashes inside. */
export interface SignatureAlgorithm {
  readonly keys: readonly string[];
  readonly hash: string | null;
}

/** Algorithms with SHA-2, or that hash inside. Rule: wire-formats 8.7 "no SHA-1 signatures"; RFC 5758, RFC 4055, RFC 8410. */
const strong: ReadonlyMap<string, SignatureAlgorithm> = new Map([
  ['1.2.840.113549.1.1.11', { keys: ['rsa'], hash: 'sha256' }],
  ['1.2.840.113549.1.1.12', { keys: ['rsa'], hash: 'sha384' }],
  ['1.2.840.113549.1.1.13', { keys: ['rsa'], hash: 'sha512' }],
  ['1.2.840.10045.4.3.2', { keys: ['ec'], hash: 'sha256' }],
  ['1.2.840.10045.4.3.3', { keys: ['ec'], hash: 'sha384' }],
  ['1.2.840.10045.4.3.4', { keys: ['ec'], hash: 'sha512' }],
  ['1.3.101.112', { keys: ['ed25519'], hash: null }],
  ['1.3.101.113', { keys: ['ed448'], hash: null }],
]);
/** MD2, MD5, SHA-1; DSA and ECDSA with SHA-1. */
const weak: ReadonlySet<string> = new Set([
  '1.2.840.113549.1.1.2',
  '1.2.840.113549.1.1.4',
  '1.2.840.113549.1.1.5',
  '1.2.840.10040.4.3',
  '1.2.840.10045.4.1',
]);
const [mgf1, sha1] = ['1.2.840.113549.1.1.8', '1.3.14.3.2.26'];
/** SHA-2 by OID, as node:crypto names it: the hashes that are taken. Rule: wire-formats 7.7, 8.7 */
export const sha2: ReadonlyMap<string, string> = new Map([
  ['2.16.840.1.101.3.4.2.1', 'sha256'],
  ['2.16.840.1.101.3.4.2.2', 'sha384'],
  ['2.16.840.1.101.3.4.2.3', 'sha512'],
]);

/** OID of RSA-PSS, which names its hash in its parameters. */
export const pssAlgorithm = '1.2.840.113549.1.1.10';

type Signed = Pick<Certificate, 'signatureAlgorithm' | 'signatureParameters'>;

/** How strong the hash is that a certificate (or a list) is signed with. `unknown`: an algorithm that is not taken. */
export function hashOfSignature(signed: Signed): 'strong' | 'weak' | 'unknown' {
  const found = algorithmOfSignature(signed);
  return typeof found === 'string' ? found : 'strong';
}

/** The algorithm that something is signed with; as a word where its hash is weak, or it is not taken. */
export function algorithmOfSignature({
  signatureAlgorithm,
  signatureParameters,
}: Signed): SignatureAlgorithm | 'weak' | 'unknown' {
  if (weak.has(signatureAlgorithm)) return 'weak';
  if (signatureAlgorithm !== pssAlgorithm) return strong.get(signatureAlgorithm) ?? 'unknown';
  return signatureParameters === undefined ? 'unknown' : algorithmOfPss(signatureParameters);
}

/** What is left out means SHA-1. Go takes one hash for text and mask alone, and so do we. Rule: RFC 4055, 3.1. */
function algorithmOfPss(parameters: Uint8Array): SignatureAlgorithm | 'weak' | 'unknown' {
  try {
    const parts = readAll(readOnlySequence(parameters));
    const own = algorithmIn(parts, 0xa0);
    const mask = algorithmIn(parts, 0xa1);
    const hashOid = own?.oid ?? sha1;
    const maskOid = mask === undefined ? sha1 : maskHash(mask);
    if (hashOid === sha1 || maskOid === sha1) return 'weak';
    const hash = hashOid === maskOid ? sha2.get(hashOid) : undefined;
    return hash === undefined ? 'unknown' : { keys: ['rsa', 'rsa-pss'], hash };
  } catch (error) {
    if (error instanceof KeyError) return 'unknown';
    throw error;
  }
}

interface Algorithm {
  readonly oid?: string;
  readonly parameters?: DerElement;
}

function algorithmIn(parts: readonly DerElement[], tag: number): Algorithm | undefined {
  const field = parts.find((part) => part.tag === tag);
  return field && readAlgorithm(field.content);
}

function maskHash({ oid, parameters }: Algorithm): string | undefined {
  return oid === mgf1 && parameters !== undefined ? readAlgorithm(parameters.whole).oid : undefined;
}

function readAlgorithm(bytes: Uint8Array): Algorithm {
  const [id, parameters] = readAll(readOnlySequence(bytes));
  const oid = id?.tag === TAG.oid ? objectIdText(id.content) : undefined;
  return { ...(oid !== undefined && { oid }), ...(parameters && { parameters }) };
}
