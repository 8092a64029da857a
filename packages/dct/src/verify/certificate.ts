import type { X509Certificate } from 'node:crypto';
import type { TrustKey } from '../metadata/keys.ts';

const dayMs = 24 * 60 * 60_000;

/**
 * Why Notary would not take a root key: it has to come in a certificate for this repository, no authority's own, not signed with SHA-1. Who issued
 * the certificate says nothing: trust comes from the pin, or from being the first. Its end is another matter. Rule: Notary, trustpinning/certs.go.
 */
export function certificateFault(key: TrustKey, gun: string, nowMs: number): string | undefined {
  if (key.unusable !== undefined) return key.unusable;
  const [leaf, ...others] = key.certificates;
  if (leaf === undefined) return 'it comes without a certificate';
  if (leaf.ca || others.some(({ ca }) => !ca))
    return 'its certificate is not the one end entity, in front of its authorities';
  const name = commonName(leaf);
  if (name === undefined || !isFor(name, gun))
    return `its certificate is for ${JSON.stringify(name?.slice(0, 140) ?? 'nothing')}, not for ${gun}`;
  if (/sha1/i.test(leaf.signatureAlgorithm ?? '')) return 'its certificate is signed with SHA-1';
  if (leaf.validFromDate.getTime() > nowMs + dayMs) return 'its certificate is not valid yet';
  return undefined;
}

/** A name may end in `*`. Rule: Notary, trustpinning/certs.go MatchCNToGun. */
function isFor(name: string, gun: string): boolean {
  return name.endsWith('*') ? gun.startsWith(name.replace(/\*+$/, '')) : name === gun;
}

/** The one common name; undefined for none or several. */
function commonName(certificate: X509Certificate): string | undefined {
  const name: unknown = certificate.toLegacyObject().subject?.CN;
  return typeof name === 'string' ? name : undefined;
}
