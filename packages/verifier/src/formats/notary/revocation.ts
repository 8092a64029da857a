import type { Check } from '../../finding.ts';
import type { NamedX509Trust } from '../../trust.ts';
import { byAction } from './by-action.ts';
import type { SoundEnvelope } from './sound-envelope.ts';

const base = { name: 'revocation', rule: 'wire-formats 9.6' } as const;

/** That no certificate was revoked. One that names nobody who could say so cannot be; the root is not asked about. Rule: wire-formats 9.6 */
export function checkRevocation({ chain }: SoundEnvelope, { revocation }: NamedX509Trust): Check {
  if (revocation === 'skip')
    return { ...base, result: 'skip', code: 'NOT_ASKED', message: 'whether certificates were revoked is not asked' };
  const open = chain.slice(0, -1).filter(({ ocspUrls, crlUrls }) => ocspUrls.length + crlUrls.length > 0);
  if (open.length === 0)
    return {
      ...base,
      result: 'pass',
      code: 'OK',
      message: 'no certificate names anybody who could say that it was revoked',
    };
  const message = 'whether certificates were revoked (OCSP, CRL) cannot be asked yet';
  return byAction({ ...base, result: 'unknown', code: 'REVOCATION_UNKNOWN', message }, revocation);
}
