// What the library puts its parts together with.
import 'reflect-metadata';
import { randomBytes } from 'node:crypto';
import * as x509 from '@peculiar/x509';

/** A key with a certificate that it has signed itself, as PEM texts. */
export interface TestCertificate {
  /** PKCS#8, not encrypted. */
  readonly key: string;
  readonly cert: string;
  /** Milliseconds since 1970 UTC, whole seconds. */
  readonly notAfterMs: number;
}

/** What is made. */
export interface TestCertificateOptions {
  /** Letters, digits, `_`, `.` and `-`. */
  readonly commonName: string;
  readonly bits: 2048 | 3072 | 4096;
  /** When it begins, milliseconds since 1970 UTC. */
  readonly atMs: number;
}

const dayMs = 86_400_000;

/**
 * What `notation cert generate-test` makes: for code signing, one day, and no authority. The library is the one of `serve --self-signed`: it is in
 * the program already, and is loaded by this command alone. Rule: wire-formats 8.7, last paragraph
 */
export async function issueTestCertificate({
  commonName,
  bits,
  atMs,
}: TestCertificateOptions): Promise<TestCertificate> {
  const { subtle } = globalThis.crypto;
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
  const size = { modulusLength: bits, publicExponent: Uint8Array.of(1, 0, 1) };
  const keys = await subtle.generateKey({ ...algorithm, ...size }, true, ['sign', 'verify']);
  const notBefore = Math.floor(atMs / 1000) * 1000;
  const notAfterMs = notBefore + dayMs;
  const cert = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    notBefore: new Date(notBefore),
    notAfter: new Date(notAfterMs),
    name: `C=US, ST=WA, L=Seattle, O=Notary, CN=${commonName}`,
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.codeSigning]),
    ],
  });
  const key = x509.PemConverter.encode(await subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY');
  return { key: `${key}\n`, cert: `${cert.toString('pem')}\n`, notAfterMs };
}

/** Above zero, without a leading zero byte, and of less than 20 bytes. Rule: RFC 5280, 4.1.2.2 */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes.toString('hex');
}
