import type { Certificate } from '@signet/core/x509';
import type { Envelope, Subject } from '../../evidence.ts';
import type { Check } from '../../finding.ts';
import type { NamedX509Trust, TrustMaterial } from '../../trust.ts';
import type { Testimonies, Testimony, Witnesses } from '../../witnesses/witnesses.ts';
import { checkSigner } from './authenticity.ts';
import { checkPayload, payloadOf } from './payload.ts';
import { answererFor } from './plugin.ts';
import { mayBeRevoked } from './revocation.ts';
import { readSound, type SoundEnvelope } from './sound-envelope.ts';
import { checkBySource } from './source-checks.ts';
import { timestampOf } from './time.ts';

/**
 * What others have to say of an envelope, for each source of certificates, side by side. Only what could count is asked about: addresses and
 * plugins are named by the signature and its certificates, so all else has to hold first. Rule: wire-formats 9.6
 */
export async function consultNotary(
  envelope: Envelope,
  subject: Subject,
  { x509 = [] }: TrustMaterial,
  { witnesses, signal }: Consulting,
): Promise<Testimonies> {
  const sound = await readSound(envelope);
  if ('failed' in sound || checkPayload(payloadOf(sound), envelope, subject).some(isFailed)) return new Map();
  const asked = x509.map(
    async (trust): Promise<readonly [string, Testimony]> => [
      trust.name,
      await consultFor(sound, trust, { witnesses, ...(signal === undefined ? {} : { signal }) }),
    ],
  );
  return new Map(await Promise.all(asked));
}

/** Whom to ask, and until when. */
export interface Consulting {
  readonly witnesses: Witnesses;
  readonly signal?: AbortSignal;
}

async function consultFor(
  sound: SoundEnvelope,
  trust: NamedX509Trust,
  { witnesses, signal }: Consulting,
): Promise<Testimony> {
  const { envelope, chain } = sound;
  const {
    verificationPlugin: name,
    verificationPluginMinVersion: minVersion,
    authenticSigningTimeMs,
  } = envelope.attributes;
  const wantsRevocation = trust.revocation !== 'skip';
  let told: Testimony = {};
  if (checkBySource(sound, trust, told).some(isFailed)) return told;
  if (name !== undefined) {
    const ask = { name, envelope, identities: trust.writtenIdentities, wantsRevocation };
    told = { plugin: await witnesses.plugin({ ...ask, ...(minVersion === undefined ? {} : { minVersion }) }, signal) };
    if (told.plugin?.kind !== 'answer' || checkBySource(sound, trust, told).some(isFailed)) return told;
  }
  const isOwn = answererFor('SIGNATURE_VERIFIER.REVOCATION_CHECK', sound, told).kind === 'own';
  // Where that only warns, anybody's certificates would choose the addresses. Rule: wire-formats 9.6 "only after authenticity passed"
  const isSigner = checkSigner(sound, trust, told).result === 'pass';
  const stamp = timestampOf(sound, trust);
  const ask = async (of: readonly Certificate[], signedAtMs?: number) =>
    mayBeRevoked(of)
      ? await inTime(
          witnesses.revocation({
            chain: of,
            atMs: trust.atMs,
            allowPrivate: trust.allowPrivateServers === true,
            ...(signedAtMs === undefined ? {} : { signedAtMs }),
          }),
          signal,
        )
      : undefined;
  const [revocation, timestampRevocation] = await Promise.all([
    wantsRevocation && isOwn && isSigner ? ask(chain, authenticSigningTimeMs) : undefined,
    // Its chain leads to an authority that is trusted for time stamps.
    stamp !== undefined && 'chain' in stamp ? ask(stamp.chain) : undefined,
  ]);
  return {
    ...told,
    ...(revocation === undefined ? {} : { revocation }),
    ...(timestampRevocation === undefined ? {} : { timestampRevocation }),
  };
}

function isFailed({ result }: Check): boolean {
  return result === 'fail';
}

/** Undefined where the time was up before. */
async function inTime<T>(answer: Promise<T>, signal: AbortSignal | undefined): Promise<T | undefined> {
  if (signal === undefined) return await answer;
  const late = Promise.withResolvers<undefined>();
  const onAbort = (): void => late.resolve(undefined);
  if (signal.aborted) return undefined;
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([answer, late.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
