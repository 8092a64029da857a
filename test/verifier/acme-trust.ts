import { parseIdentity, readCertificate } from '@signet/core/x509';
import { levelActions } from '@signet/verifier';
import type { NamedX509Trust } from '../../packages/verifier/src/trust.ts';
import type { MadeCertificate } from '../support/certificates.ts';

/** Milliseconds since 1970 UTC: when it is, for these sources. */
export const acmeMs: number = Date.UTC(2026, 10, 24);

/** A source, strict, of whoever is Acme's by these authorities. */
export function acmeTrust(ca: readonly MadeCertificate[], changes: Partial<NamedX509Trust> = {}): NamedX509Trust {
  return {
    name: 'acme',
    ca: ca.map(({ der }) => readCertificate(der)),
    signingAuthority: [],
    tsa: [],
    identities: [parseIdentity('C=US,ST=WA,O=Acme')],
    writtenIdentities: ['x509.subject:C=US,ST=WA,O=Acme'],
    ...levelActions.strict,
    verifyTimestamp: 'always',
    atMs: acmeMs,
    ...changes,
  };
}
