import { checkValidAt } from '@signet/core/x509';
import type { Check } from '../../finding.ts';
import { timeText } from '../../policy/time-text.ts';
import type { NamedX509Trust } from '../../trust.ts';
import { byAction } from './by-action.ts';
import type { SoundEnvelope } from './sound-envelope.ts';

/** Rule: wire-formats 9.5, 6 */
export function checkExpiry({ envelope }: SoundEnvelope, trust: NamedX509Trust): Check {
  const { expiryMs } = envelope.attributes;
  const base = { name: 'expiry', rule: 'wire-formats 9.5' } as const;
  if (expiryMs === undefined)
    return { ...base, result: 'skip', code: 'NOT_ASKED', message: 'the signature has no end' };
  const until = timeText(expiryMs);
  if (trust.atMs < expiryMs)
    return { ...base, result: 'pass', code: 'OK', message: `the signature counts until ${until}` };
  return byAction(
    { ...base, result: 'fail', code: 'SIGNATURE_EXPIRED', message: `the signature counted until ${until}` },
    trust.expiry,
  );
}

/**
 * That every certificate was valid: at the time that a signing authority signed; else at the time of a time stamp, where one is asked for; else
 * now. Rule: wire-formats 9.5, 7
 */
export function checkTime(sound: SoundEnvelope, trust: NamedX509Trust): Check {
  return byAction(timeOf(sound, trust), trust.authenticTimestamp);
}

const base = { name: 'timestamp', rule: 'wire-formats 9.5' } as const;

function timeOf({ envelope, chain }: SoundEnvelope, trust: NamedX509Trust): Check {
  const { authenticSigningTimeMs } = envelope.attributes;
  if (authenticSigningTimeMs !== undefined)
    return validAt(chain, authenticSigningTimeMs, `when the authority signed (${timeText(authenticSigningTimeMs)})`);
  const hasExpired = checkValidAt(chain, trust.atMs)?.code === 'CERTIFICATE_EXPIRED';
  if (trust.tsa.length === 0 || (trust.verifyTimestamp === 'afterCertExpiry' && !hasExpired))
    return validAt(chain, trust.atMs, 'now');
  if (envelope.timestamp === undefined)
    return {
      ...base,
      result: 'fail',
      code: 'TIMESTAMP_MISSING',
      message: 'no time stamp is there, and one is asked for',
    };
  return {
    ...base,
    result: 'unknown',
    code: 'TIMESTAMP_INVALID',
    message: 'time stamps (RFC 3161) are not verified yet',
  };
}

function validAt(chain: SoundEnvelope['chain'], atMs: number, when: string): Check {
  const problem = checkValidAt(chain, atMs);
  if (problem !== undefined)
    return {
      ...base,
      result: 'fail',
      code: 'CERTIFICATE_TIME',
      message: `${problem.message} ${when}`,
      certificate: problem.code,
    };
  return { ...base, result: 'pass', code: 'OK', message: `its certificates are valid ${when}` };
}
