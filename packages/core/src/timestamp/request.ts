import { createHash } from 'node:crypto';
import { expect, orUnusable, partsOf, unusable } from '../asn1/structure.ts';
import { der, derInteger, derUnsigned, readDer, smallInteger, TAG } from '../keys/der.ts';
import { checkDer } from '../x509/der-shape.ts';
import { maxTokenBytes } from './verify-timestamp.ts';

/** What is posted to an authority, and of what type. */
export const timestampQueryType = 'application/timestamp-query';

/** Content of the OIDs. */
const hashIds: Readonly<Record<string, string>> = {
  sha256: '608648016503040201',
  sha384: '608648016503040202',
  sha512: '608648016503040203',
};

/** What an authority is asked. */
export interface TimestampRequest {
  readonly signature: Uint8Array;
  /** `sha256`, `sha384` or `sha512`: that of the key which signed. Rule: wire-formats 8.6 */
  readonly hash: string;
  /** Random, 8 bytes or more. */
  readonly nonce: Uint8Array;
}

/** A TimeStampReq in DER, which asks for the certificates, too. @throws {RangeError} for another hash. Rule: RFC 3161, 2.4.1 */
export function timestampRequest({ signature, hash, nonce }: TimestampRequest): Uint8Array {
  const id = hashIds[hash];
  if (id === undefined) throw new RangeError(`no time stamps by ${hash}`);
  const imprint = der(
    TAG.sequence,
    der(TAG.sequence, der(TAG.oid, Buffer.from(id, 'hex')), der(TAG.null)),
    der(TAG.octetString, createHash(hash).update(signature).digest()),
  );
  return der(TAG.sequence, derInteger(1), imprint, derUnsigned(nonce), der(0x01, Uint8Array.of(0xff)));
}

/** The number as a token repeats it: content of its INTEGER, lower-case hex. */
export function nonceText(nonce: Uint8Array): string {
  return Buffer.from(readDer(derUnsigned(nonce)).content).toString('hex');
}

/** Why an authority gives no token. Rule: RFC 3161, 2.4.2 */
const failures: Readonly<Record<number, string>> = {
  0: 'it does not know the hash',
  2: 'it does not understand the request',
  5: 'the data are of the wrong format',
  14: 'its source of time is not there',
  15: 'it does not have the policy',
  16: 'it does not have the extension',
  17: 'it cannot give what else was asked for',
  25: 'it has failed',
};

/** The token of a TimeStampResp, or why there is none. Nothing of it is verified. Rule: RFC 3161, 2.4.2 */
export function readTimestampResponse(
  bytes: Uint8Array,
): { readonly token: Uint8Array } | { readonly problem: string } {
  return orUnusable<{ readonly token: Uint8Array } | { readonly problem: string }>(
    () => tokenOf(bytes),
    (problem) => ({ problem: `its answer is of no use: ${problem}` }),
  );
}

function tokenOf(bytes: Uint8Array): { readonly token: Uint8Array } | { readonly problem: string } {
  if (bytes.length > maxTokenBytes) throw unusable(`it has ${bytes.length} bytes, at most ${maxTokenBytes} are read`);
  checkDer(bytes, unusable, 20_000);
  const [status, token, ...more] = partsOf(readDer(bytes), TAG.sequence, 'the answer');
  const [code, ...details] = partsOf(status, TAG.sequence, 'the status');
  if (code === undefined || more.length > 0) throw unusable('it has too much, or too little');
  // 0: granted, 1: granted with changes, which the token shows.
  if (smallInteger(code) <= 1) return { token: expect(token, TAG.sequence, 'the token').whole };
  const bits = details.find(({ tag }) => tag === TAG.bitString)?.content.subarray(1) ?? new Uint8Array();
  const why = Object.entries(failures).find(([bit]) => isSet(bits, Number(bit)))?.[1];
  return { problem: `it refuses (status ${smallInteger(code)}${why === undefined ? '' : `: ${why}`})` };
}

function isSet(bits: Uint8Array, at: number): boolean {
  return ((bits[at >> 3] ?? 0) & (0x80 >> (at & 7))) !== 0;
}
