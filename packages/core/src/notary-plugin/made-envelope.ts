import { EnvelopeError } from '../errors.ts';
import { shown } from '../formats/strict-json.ts';
import { publicKeyFrom } from '../keys/public-key.ts';
import type { NotaryEnvelope, NotaryForm } from '../notary/envelope.ts';
import { parseNotaryEnvelope } from '../notary/parse-envelope.ts';
import { verifyNotarySignature } from '../notary/signature.ts';
import { changedIn } from './made-payload.ts';
import { type Answer, breach } from './program.ts';
import { readSigningChain } from './signing-chain.ts';

/** What an envelope that a plugin made is held to. */
export interface EnvelopeDemand {
  readonly form: NotaryForm;
  /** The payload that it was given. */
  readonly payload: Uint8Array;
  /** Milliseconds since 1970 UTC: when the certificates have to be valid. */
  readonly atMs: number;
  /** How long it was to count, whole seconds from when it is signed. */
  readonly lifetimeSeconds?: number;
}

/**
 * Whether an envelope says what was asked for and verifies: its chain, its signature, its payload, its end. Rule: wire-formats 10 "After ENVELOPE".
 * @throws {PluginError} PLUGIN_CONTRACT
 */
export function checkMadeEnvelope(
  answer: Omit<Answer, 'bytes'>,
  bytes: Uint8Array,
  demand: EnvelopeDemand,
): NotaryEnvelope {
  const envelope = attempt(answer, () => parseNotaryEnvelope(bytes, demand.form));
  const { algorithm, certificates } = envelope;
  const leaf = readSigningChain(answer, certificates, { algorithm, atMs: demand.atMs });
  if (!verifyNotarySignature(publicKeyFrom(leaf.publicKey), envelope))
    throw breach(answer, 'the signature of the envelope does not verify with the key of its first certificate');
  const changed = attempt(answer, () => changedIn(envelope.payload, demand.payload));
  if (changed !== undefined) throw breach(answer, changed);
  checkAttributes(answer, envelope, demand);
  return envelope;
}

function checkAttributes(
  answer: Omit<Answer, 'bytes'>,
  { attributes }: NotaryEnvelope,
  { lifetimeSeconds }: EnvelopeDemand,
): void {
  const { signingTimeMs, authenticSigningTimeMs, expiryMs, verificationPlugin, extended } = attributes;
  const critical = extended.find(({ isCritical }) => isCritical);
  if (critical !== undefined && verificationPlugin === undefined)
    throw breach(answer, `nobody could verify it: ${shown(String(critical.name))} is critical, and no plugin is named`);
  if (lifetimeSeconds === undefined) return;
  if (expiryMs === undefined) throw breach(answer, 'an end was asked for, and the envelope has none');
  // Of a moment that the plugin writes to the second.
  const latestMs = (signingTimeMs ?? authenticSigningTimeMs ?? 0) + (lifetimeSeconds + 1) * 1000;
  if (expiryMs > latestMs) throw breach(answer, 'the envelope counts for longer than was asked for');
}

function attempt<T>(answer: Omit<Answer, 'bytes'>, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof EnvelopeError) throw breach(answer, cause.message, cause);
    throw cause;
  }
}
