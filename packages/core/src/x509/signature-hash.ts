import { KeyError } from '../errors.ts';
import { type DerElement, readAll, readOnlySequence, TAG } from '../keys/der.ts';
import type { Certificate } from './certificate.ts';
import { objectIdText } from './object-id.ts';

/** Algorithms with SHA-2, or that hash inside. Rule: wire-formats 8.7 "no SHA-1 signatures"; RFC 5758, RFC 4055, RFC 8410. */
const strong: ReadonlySet<string> = new Set([
  '1.2.840.113549.1.1.11',
  '1.2.840.113549.1.1.12',
  '1.2.840.113549.1.1.13',
  '1.2.840.10045.4.3.2',
  '1.2.840.10045.4.3.3',
  '1.2.840.10045.4.3.4',
  '1.3.101.112',
  '1.3.101.113',
]);
/** MD2, MD5, SHA-1; DSA and ECDSA with SHA-1. */
const weak: ReadonlySet<string> = new Set([
  '1.2.840.113549.1.1.2',
  '1.2.840.113549.1.1.4',
  '1.2.840.113549.1.1.5',
  '1.2.840.10040.4.3',
  '1.2.840.10045.4.1',
]);
const [pss, mgf1, sha1] = ['1.2.840.113549.1.1.10', '1.2.840.113549.1.1.8', '1.3.14.3.2.26'];
const sha2: ReadonlySet<string> = new Set([
  '2.16.840.1.101.3.4.2.1',
  '2.16.840.1.101.3.4.2.2',
  '2.16.840.1.101.3.4.2.3',
]);

/** How strong the hash is that a certificate (or a list) is signed with. `unknown`: an algorithm that is not taken. */
export function hashOfSignature({
  signatureAlgorithm,
  signatureParameters,
}: Pick<Certificate, 'signatureAlgorithm' | 'signatureParameters'>): 'strong' | 'weak' | 'unknown' {
  if (strong.has(signatureAlgorithm)) return 'strong';
  if (weak.has(signatureAlgorithm)) return 'weak';
  return signatureAlgorithm === pss && signatureParameters !== undefined ? hashOfPss(signatureParameters) : 'unknown';
}

/** What is left out means SHA-1. Go takes one hash for text and mask alone, and so do we. Rule: RFC 4055, 3.1. */
function hashOfPss(parameters: Uint8Array): 'strong' | 'weak' | 'unknown' {
  try {
    const parts = readAll(readOnlySequence(parameters));
    const hash = algorithmIn(parts, 0xa0);
    const mask = algorithmIn(parts, 0xa1);
    const hashOid = hash?.oid ?? sha1;
    const maskOid = mask === undefined ? sha1 : maskHash(mask);
    if (hashOid === sha1 || maskOid === sha1) return 'weak';
    return hashOid === maskOid && sha2.has(hashOid) ? 'strong' : 'unknown';
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
