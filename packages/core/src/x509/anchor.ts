import { type Certificate, isSelfSigned, isSignedBy } from './certificate.ts';
import { shown } from './chain-problem.ts';

/** The kinds of trust stores. Rule: wire-formats 9.1. */
export type AnchorStore = 'ca' | 'signingAuthority' | 'tsa';

/**
 * Why a certificate has no place in a trust store; undefined where it has: an authority's or a self-signed one, for time stamps a root alone.
 * Rule: wire-formats 9.1.
 */
export function checkAnchor(certificate: Certificate, store: AnchorStore): string | undefined {
  const isAuthority = certificate.basicConstraints?.isCa === true;
  if (store === 'tsa')
    return isAuthority && isSelfSigned(certificate)
      ? undefined
      : `the certificate ${shown(certificate)} is no root (an authority's, self-signed)`;
  // As notation, which does not look at the names here.
  return isAuthority || isSignedBy(certificate, certificate)
    ? undefined
    : `the certificate ${shown(certificate)} is neither an authority's nor self-signed`;
}

/** The first certificate of a chain that is, byte for byte, one of those that are trusted. Rule: wire-formats 9.5, 5. */
export function findAnchor(chain: readonly Certificate[], trusted: readonly Certificate[]): Certificate | undefined {
  const known = new Set(trusted.map(({ thumbprint }) => thumbprint));
  return chain.find(({ thumbprint }) => known.has(thumbprint));
}
