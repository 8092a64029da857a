import { CertificateError, KeyError } from '../errors.ts';
import { decodePemBody, findPemBlocks } from '../keys/pem.ts';
import { type Certificate, readCertificate } from './certificate.ts';
import { malformed } from './malformed.ts';

/** Certificates of a chain, at most. Rule: wire-formats 12. */
const maxChain = 10;
/** Of a file, which may hold the roots of many. */
const maxInFile = 1000;

/** The certificates of a chain in their order, 1 to 10. Rule: wire-formats 12. @throws {CertificateError} CERTIFICATE_MALFORMED */
export function readChain(ders: readonly Uint8Array[]): readonly Certificate[] {
  if (ders.length === 0) throw malformed('there is none');
  if (ders.length > maxChain) throw malformed(`there are ${ders.length} in one chain, at most ${maxChain} are read`);
  return ders.map(readCertificate);
}

/**
 * All certificates of a file, 1 to 1000: PEM blocks with text between them, or one in DER. A block of another kind fails the file.
 * Rule: wire-formats 9.1.
 * @throws {CertificateError} CERTIFICATE_MALFORMED
 */
export function readCertificateFile(bytes: Uint8Array): readonly Certificate[] {
  const text = Buffer.from(bytes).toString('latin1');
  if (!text.includes('-----BEGIN ')) return [readCertificate(bytes)];
  const ders = decodeBlocks(text);
  if (ders.length > maxInFile) throw malformed(`there are ${ders.length} in one file, at most ${maxInFile} are read`);
  return ders.map((der, at) => readOf(der, at, ders.length));
}

function decodeBlocks(text: string): readonly Uint8Array[] {
  try {
    const blocks = findPemBlocks(text);
    const other = blocks.find(({ label }) => label !== 'CERTIFICATE');
    if (other !== undefined) throw malformed(`the file holds "${other.label}" beside certificates`);
    return blocks.map(decodePemBody);
  } catch (cause) {
    if (cause instanceof KeyError) throw malformed('the PEM of the file is broken', cause);
    throw cause;
  }
}

/** Says which of several it was. */
function readOf(der: Uint8Array, at: number, count: number): Certificate {
  try {
    return readCertificate(der);
  } catch (cause) {
    if (!(cause instanceof CertificateError) || count === 1) throw cause;
    throw new CertificateError(cause.code, `certificate ${at + 1} of ${count}: ${cause.message}`, { cause });
  }
}
