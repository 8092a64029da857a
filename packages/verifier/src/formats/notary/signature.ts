import { type NotaryEnvelope, publicKeyFrom, verifyNotarySignature } from '@signet/core';
import { type Certificate, notaryAlgorithmOf } from '@signet/core/x509';

/**
 * Whether the first certificate's key signed it, by the one algorithm that this key has: what the envelope says of it has to be the same.
 * A JWS is verified by jose, `crit` included. Rule: wire-formats 8.3, 8.4
 */
export async function isSignatureValid(
  envelope: NotaryEnvelope,
  [leaf]: readonly Certificate[],
  bytes: Uint8Array,
): Promise<boolean> {
  if (leaf === undefined) return false;
  const algorithm = notaryAlgorithmOf(leaf);
  if (algorithm === undefined || algorithm !== envelope.algorithm) return false;
  if (envelope.form === 'cose') return verifyNotarySignature(publicKeyFrom(leaf.publicKey), envelope);
  return await isJwsValid(bytes, leaf, { algorithm: algorithm.jws, critical: criticalOf(envelope) });
}

/** Names that are critical: those of the format, and those that are looked at for themselves (`ATTRIBUTE_UNKNOWN`). */
function criticalOf({ attributes }: NotaryEnvelope): readonly string[] {
  const known = [
    'signingScheme',
    'authenticSigningTime',
    'expiry',
    'verificationPlugin',
    'verificationPluginMinVersion',
  ];
  const others = attributes.extended.flatMap(({ name, isCritical }) => (isCritical ? [String(name)] : []));
  return [...known.map((name) => `io.cncf.notary.${name}`), ...others];
}

async function isJwsValid(
  bytes: Uint8Array,
  { publicKey }: Certificate,
  { algorithm, critical }: { readonly algorithm: string; readonly critical: readonly string[] },
): Promise<boolean> {
  const { flattenedVerify } = await import('jose/jws/flattened/verify');
  const {
    payload,
    protected: head,
    signature,
  } = JSON.parse(Buffer.from(bytes).toString('utf8')) as Record<string, string>;
  try {
    const crit = Object.fromEntries(critical.map((name) => [name, true]));
    const jws = { payload: payload ?? '', protected: head ?? '', signature: signature ?? '' };
    await flattenedVerify(jws, publicKey, { algorithms: [algorithm], crit });
    return true;
  } catch {
    return false; // jose tells what is wrong by exceptions
  }
}
