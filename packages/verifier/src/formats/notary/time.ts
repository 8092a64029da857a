import { type VerifiedTimestamp, verifyTimestamp } from '@signet/core/timestamp';
import { checkValidAt, checkValidWithin } from '@signet/core/x509';
import type { Check } from '../../finding.ts';
import { timeText } from '../../policy/time-text.ts';
import type { NamedX509Trust } from '../../trust.ts';
import type { Testimony } from '../../witnesses/witnesses.ts';
import { byAction } from './by-action.ts';
import { revocationOf } from './revocation.ts';
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
export function checkTime(sound: SoundEnvelope, trust: NamedX509Trust, testimony: Testimony): Check {
  return byAction(timeOf(sound, trust, testimony), trust.authenticTimestamp);
}

const base = { name: 'timestamp', rule: 'wire-formats 9.5' } as const;

function timeOf(sound: SoundEnvelope, trust: NamedX509Trust, testimony: Testimony): Check {
  const { envelope, chain } = sound;
  const { authenticSigningTimeMs } = envelope.attributes;
  if (authenticSigningTimeMs !== undefined)
    return validAt(chain, authenticSigningTimeMs, `when the authority signed (${timeText(authenticSigningTimeMs)})`);
  if (!needsTimestamp(sound, trust)) return validAt(chain, trust.atMs, 'now');
  const message = 'no time stamp is there, and one is asked for';
  const found = timestampOf(sound, trust);
  if (found === undefined) return { ...base, result: 'fail', code: 'TIMESTAMP_MISSING', message };
  if ('problem' in found) return invalid(found.problem);
  const { genTimeMs, accuracyMs } = found;
  const when = `at the time of its time stamp (${timeText(genTimeMs)})`;
  const problem = checkValidWithin(chain, genTimeMs - accuracyMs, genTimeMs + accuracyMs);
  if (problem !== undefined)
    return { ...base, result: 'fail', code: 'CERTIFICATE_TIME', message: `${problem.message} ${when}` };
  const { status, message: why } = revocationOf(found.chain, testimony.timestampRevocation);
  if (status === 'revoked') return invalid(`its authority was revoked: ${why}`);
  // Of the authority it is asked whatever the source says of revocation. Rule: wire-formats 9.5, 7
  if (status === 'unknown') {
    const open = `the time stamp is by an authority that may have been revoked: ${why}`;
    return { ...base, result: 'unknown', code: 'REVOCATION_UNKNOWN', message: open };
  }
  return { ...base, result: 'pass', code: 'OK', message: `its certificates were valid ${when}` };
}

/** Where a source has authorities for time stamps, and where it asks for one only once certificates have expired, they have. Rule: wire-formats 9.5, 7 */
function needsTimestamp({ envelope, chain }: SoundEnvelope, { tsa, verifyTimestamp, atMs }: NamedX509Trust): boolean {
  if (tsa.length === 0 || envelope.attributes.authenticSigningTimeMs !== undefined) return false;
  return verifyTimestamp === 'always' || checkValidAt(chain, atMs)?.code === 'CERTIFICATE_EXPIRED';
}

/** A token is verified once for the same authorities: it is pure, and asked for by who consults, who checks, and who tells the time. */
const verified = new WeakMap<SoundEnvelope, Map<NamedX509Trust['tsa'], ReturnType<typeof verifyTimestamp>>>();

/** The time stamp as far as a source asks for it; undefined where it does not, or there is none. Whether its authority was revoked is not looked at. */
export function timestampOf(
  sound: SoundEnvelope,
  trust: NamedX509Trust,
): VerifiedTimestamp | { readonly problem: string } | undefined {
  const { timestamp, signature } = sound.envelope;
  if (timestamp === undefined || !needsTimestamp(sound, trust)) return undefined;
  const known = verified.get(sound) ?? new Map<NamedX509Trust['tsa'], ReturnType<typeof verifyTimestamp>>();
  verified.set(sound, known);
  const found = known.get(trust.tsa) ?? verifyTimestamp(timestamp, { signature, anchors: trust.tsa });
  known.set(trust.tsa, found);
  return found;
}

/** When the signature was there, by who signs for others, or by a time stamp whose check has passed; milliseconds since 1970 UTC. */
export function provenTimeMs(
  sound: SoundEnvelope,
  trust: NamedX509Trust,
  checks: readonly Check[],
): number | undefined {
  const { authenticSigningTimeMs } = sound.envelope.attributes;
  if (authenticSigningTimeMs !== undefined) return authenticSigningTimeMs;
  const stamp = timestampOf(sound, trust);
  const isGood = checks.some(({ name, result }) => name === 'timestamp' && result === 'pass');
  return isGood && stamp !== undefined && 'genTimeMs' in stamp ? stamp.genTimeMs + stamp.accuracyMs : undefined;
}

function invalid(why: string): Check {
  return { ...base, result: 'fail', code: 'TIMESTAMP_INVALID', message: `the time stamp does not count: ${why}` };
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
