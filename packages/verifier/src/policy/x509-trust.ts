import type { Certificate, NameIdentity } from '@signet/core/x509';

/** What becomes of a check that fails: the signature does not count, or it is only told. Rule: wire-formats 9.3 */
export type CheckAction = 'enforce' | 'log';

/** Trust in certificates, by the rules of the Notary Project. Rule: wire-formats 9 */
export interface X509Trust {
  /** Of the scheme `notary.x509`. */
  readonly ca: readonly Certificate[];
  /** Of the scheme `notary.x509.signingAuthority`. */
  readonly signingAuthority: readonly Certificate[];
  /** Of time stamps; where there are any, a signature needs one. */
  readonly tsa: readonly Certificate[];
  /** `any`: of whomever an anchor has certified. Rule: wire-formats 9.4 */
  readonly identities: 'any' | readonly NameIdentity[];
  /** The same as they are written, with those of kinds that only a plugin knows: it is told all of them. */
  readonly writtenIdentities: readonly string[];
  readonly authenticity: CheckAction;
  readonly authenticTimestamp: CheckAction;
  readonly expiry: CheckAction;
  readonly revocation: CheckAction | 'skip';
  /** Responders and lists at addresses of private networks are asked, too. Default: false. */
  readonly allowPrivateServers?: boolean;
  /** `afterCertExpiry`: a time stamp is asked for only where a certificate has expired. */
  readonly verifyTimestamp: 'always' | 'afterCertExpiry';
}

/** The actions of a level. Rule: wire-formats 9.3 */
export const levelActions: Readonly<
  Record<
    'strict' | 'permissive' | 'audit',
    Pick<X509Trust, 'authenticity' | 'authenticTimestamp' | 'expiry' | 'revocation'>
  >
> = {
  strict: { authenticity: 'enforce', authenticTimestamp: 'enforce', expiry: 'enforce', revocation: 'enforce' },
  permissive: { authenticity: 'enforce', authenticTimestamp: 'log', expiry: 'log', revocation: 'log' },
  audit: { authenticity: 'log', authenticTimestamp: 'log', expiry: 'log', revocation: 'log' },
};
