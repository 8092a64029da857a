import { ANNOTATION_SIGNED_AT, type Payload, type SealOptions } from '../format.ts';
import type { NotaryAlgorithm } from './algorithms.ts';
import type { NotaryForm } from './envelope.ts';
import { parseNotaryPayload } from './payload.ts';
import { openEnvelope } from './write-envelope.ts';

/** How Notary signatures are written. */
export interface NotarySigning {
  /** Default: JWS, as notation's. */
  readonly form?: NotaryForm;
  /** How long they count, milliseconds from when they are made. Default: for as long as their certificates. */
  readonly lifetimeMs?: number;
  /** When it is signed, milliseconds since 1970 UTC. Default: as the annotations of the payload say it. */
  readonly signedAtMs?: number;
  /** DER of the signer's: one that is there counts as the same only where it has these. Default: whichever the key has. */
  readonly certificates?: readonly Uint8Array[];
  /** Asks an authority to confirm the time: gives the token in DER for a signature, verified. Default: nobody is asked. */
  readonly timestamp?: (signature: Uint8Array, hash: string, signal?: AbortSignal) => Promise<Uint8Array>;
}

/** A key as envelopes need it: its algorithm is signed, its certificates may be known only when it has signed. */
export interface EnvelopeKey {
  readonly algorithm: NotaryAlgorithm;
  /** ECDSA as r and s; certificates in DER, the signer's own first. */
  sign(
    toSign: Uint8Array,
    signal?: AbortSignal,
  ): Promise<{ readonly signature: Uint8Array; readonly certificates: readonly Uint8Array[] }>;
}

/** An envelope of the payload, signed and stamped. @throws what the key and the authority of the time throw */
export async function sealEnvelope(
  payload: Payload,
  { algorithm, sign }: EnvelopeKey,
  { form = 'jws', lifetimeMs, signedAtMs, timestamp, signal }: NotarySigning & SealOptions,
): Promise<Uint8Array> {
  const signingTimeMs = signedAtMs ?? signedAtOf(payload);
  const open = openEnvelope(form, {
    algorithm,
    payload: payload.bytes,
    signingTimeMs,
    ...(lifetimeMs === undefined ? {} : { expiryMs: signingTimeMs + lifetimeMs }),
  });
  const { signature, certificates } = await sign(open.toSign, signal);
  const token = await timestamp?.(signature, algorithm.hash, signal);
  return open.seal({ signature, certificates, ...(token === undefined ? {} : { timestamp: token }) });
}

/** The payload has it to the millisecond. */
function signedAtOf({ bytes }: Payload): number {
  const { annotations } = parseNotaryPayload(bytes);
  // biome-ignore lint/style/noRestrictedGlobals: reads the time that the payload says; no clock is read.
  return Date.parse(annotations[ANNOTATION_SIGNED_AT] ?? '');
}
