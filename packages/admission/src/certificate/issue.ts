import { isIP } from 'node:net';
// What the library puts its parts together with.
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';

/** A certificate that no other authority knows, as PEM texts. */
export interface SelfSigned {
  /** Of the authority, for who is to trust the server. Its key is nowhere any more: it has issued this one certificate. */
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** What it is for. */
export interface SelfSignedOptions {
  /** DNS names and IP addresses by which the server is reached; at least one. */
  readonly names: readonly string[];
  /** When it begins, milliseconds since 1970 UTC. */
  readonly atMs: number;
  /** Default 90. */
  readonly days?: number;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const dayMs = 86_400_000;
/** The clocks of clients need not agree with this one's. */
const backMs = 5 * 60_000;

/** As `createSelfSigned`. Rule: RFC 5280, 4.2.1 (basic constraints, key usage, subject alternative name) */
export async function issueSelfSigned({ names, atMs, days = 90 }: SelfSignedOptions): Promise<SelfSigned> {
  const { subtle } = globalThis.crypto;
  // The authority's own key cannot leave this process, and is gone when this function ends.
  const caKeys = await subtle.generateKey(algorithm, false, ['sign', 'verify']);
  const keys = await subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const validity = { notBefore: new Date(atMs - backMs), notAfter: new Date(atMs + days * dayMs) };
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    ...validity,
    name: `CN=signet self-signed ${new Date(atMs).toISOString()}`,
    keys: caKeys,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(caKeys.publicKey),
    ],
  });
  const cert = await x509.X509CertificateGenerator.create({
    ...validity,
    subject: 'CN=signet',
    issuer: ca.subject,
    publicKey: keys.publicKey,
    signingKey: caKeys.privateKey,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(names.map(alternativeName)),
      await x509.AuthorityKeyIdentifierExtension.create(caKeys.publicKey),
    ],
  });
  const key = Buffer.from(await subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  return { ca: `${ca.toString('pem')}\n`, cert: `${cert.toString('pem')}\n`, key: pem('PRIVATE KEY', key) };
}

function alternativeName(name: string): { readonly type: 'ip' | 'dns'; readonly value: string } {
  return { type: isIP(name) === 0 ? 'dns' : 'ip', value: name };
}

/** Rule: RFC 7468, 2 */
function pem(label: string, base64: string): string {
  return `-----BEGIN ${label}-----\n${base64.replace(/.{64}(?=.)/g, '$&\n')}\n-----END ${label}-----\n`;
}
