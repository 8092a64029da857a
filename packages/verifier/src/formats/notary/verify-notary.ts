import { ANNOTATION_REF_NAME, ANNOTATION_SIGNED_AT, EnvelopeError, type TargetArtifact } from '@signet/core';
import { nameText } from '@signet/core/x509';
import type { Envelope, Subject } from '../../evidence.ts';
import { type Check, createFinding, type Finding, type Proven } from '../../finding.ts';
import { parseSignedAt } from '../../signed-at.ts';
import type { NamedX509Trust, TrustMaterial } from '../../trust.ts';
import type { Testimonies } from '../../witnesses/witnesses.ts';
import { checkPayload, isAbout, payloadOf } from './payload.ts';
import { claimsOf, intact, readSound, type SoundEnvelope } from './sound-envelope.ts';
import { checkBySource } from './source-checks.ts';
import { provenTimeMs } from './time.ts';

/**
 * One envelope, held against each source of certificates. What does not depend on them comes first: its form, its chain, its signature,
 * attributes that nobody may ignore. Rule: wire-formats 9.5
 */
export async function verifyNotary(
  envelope: Envelope,
  subject: Subject,
  { x509 = [] }: TrustMaterial,
  testimonies: Testimonies = new Map(),
): Promise<readonly Finding[]> {
  const { format, origin, foundIn } = envelope;
  const sound = await readSound(envelope);
  if ('failed' in sound) {
    const { failed, claims, keyChecks } = sound;
    return [createFinding({ format, origin, foundIn, checks: [failed], claims, keyChecks }, undefined)];
  }
  const payload = payloadOf(sound);
  const claims = claimsOf(sound.chain);
  return x509.map((trust) => {
    const bySource = checkBySource(sound, trust, testimonies.get(trust.name));
    const checks = [intact, ...bySource, ...checkPayload(payload, envelope, subject)];
    const says = payload instanceof EnvelopeError ? undefined : toProven(payload, sound, { subject, trust, checks });
    return createFinding({ format, origin, foundIn, checks, claims, keyChecks: 1 }, says);
  });
}

function toProven(
  payload: TargetArtifact,
  sound: SoundEnvelope,
  {
    subject,
    trust,
    checks,
  }: { readonly subject: Subject; readonly trust: NamedX509Trust; readonly checks: readonly Check[] },
): Proven | undefined {
  const { envelope, chain } = sound;
  const [leaf, root] = [chain[0], chain.at(-1)];
  if (leaf === undefined || root === undefined || !isAbout(payload, subject)) return undefined;
  const { annotations } = payload;
  const own = (name: string): string | undefined => (Object.hasOwn(annotations, name) ? annotations[name] : undefined);
  const signedReference = own(ANNOTATION_REF_NAME);
  const claimedAtMs = parseSignedAt(own(ANNOTATION_SIGNED_AT) ?? '') ?? envelope.attributes.signingTimeMs;
  const verifiedAtMs = provenTimeMs(sound, trust, checks);
  const endsAtMs = endOf(sound, trust);
  return {
    identity: {
      kind: 'x509',
      anchor: root.thumbprint,
      subject: nameText(leaf.subject),
      source: trust.name,
      keyIds: chain.map(({ keyId }) => keyId),
    },
    subject: subject.digest,
    ...(signedReference === undefined ? {} : { signedReference }),
    ...(claimedAtMs === undefined ? {} : { claimedAtMs }),
    ...(verifiedAtMs === undefined ? {} : { verifiedAtMs }),
    ...(endsAtMs === undefined ? {} : { endsAtMs }),
    annotations,
  };
}

/** Of what is to come: an end that is past, and counts all the same, was proven to be none, or is only logged. */
function endOf({ envelope, chain }: SoundEnvelope, trust: NamedX509Trust): number | undefined {
  const { expiryMs, authenticSigningTimeMs } = envelope.attributes;
  const own = trust.expiry === 'enforce' && expiryMs !== undefined ? [expiryMs] : [];
  const isByNow = trust.authenticTimestamp === 'enforce' && authenticSigningTimeMs === undefined;
  // Both bounds of a certificate belong to the time in which it is valid.
  const certificates = isByNow ? chain.map(({ notAfterMs }) => notAfterMs + 1) : [];
  const toCome = [...own, ...certificates].filter((ms) => ms > trust.atMs);
  return toCome.length === 0 ? undefined : Math.min(...toCome);
}
