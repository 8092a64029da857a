import { createPublicKey, verify } from 'node:crypto';
import { der, derUnsigned, readAll, readDer } from '../../packages/core/src/keys/der.ts';
import type { MadeCertificate } from './certificates.ts';

/** Order of P-256. Rule: FIPS 186-4, D.1.2.3. */
const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/**
 * The same certificate with other bytes, which its issuer never wrote: the signature by P-256 in its second spelling (s becomes order - s), which
 * verifies as well, and which anybody can make.
 */
export function twinOf(made: MadeCertificate): MadeCertificate {
  const [signed, algorithm, signature] = readAll(readDer(made.der).content);
  const numbers = signature?.content.subarray(1);
  if (signed === undefined || algorithm === undefined || numbers === undefined) throw new TypeError('no certificate');
  const [r, s] = readAll(readDer(numbers).content);
  if (r === undefined || s === undefined) throw new TypeError('no signature by ECDSA');
  const other = order - BigInt(`0x${Buffer.from(s.content).toString('hex')}`);
  const bytes = derUnsigned(Buffer.from(other.toString(16).padStart(64, '0'), 'hex'));
  const twin = der(0x30, r.whole, bytes);
  return { ...made, der: der(0x30, signed.whole, algorithm.whole, der(0x03, Uint8Array.of(0), twin)) };
}

/** Whether a certificate is signed by that key: asked of OpenSSL. */
export function isSignedByKeyOf({ der: bytes }: MadeCertificate, issuer: MadeCertificate): boolean {
  const [signed, , signature] = readAll(readDer(bytes).content);
  if (signed === undefined || signature === undefined) return false;
  return verify('sha256', signed.whole, createPublicKey(issuer.privateKey), signature.content.subarray(1));
}
