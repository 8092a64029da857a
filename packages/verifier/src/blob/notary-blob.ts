import { createHash } from 'node:crypto';
import { EnvelopeError, guessNotaryForm, type NotaryForm, notaryEnvelopeTypes } from '@signet/core';
import { digestOf, parseDigest } from '@signet/oci';
import { startClock } from '../clock.ts';
import { type Decision, decide } from '../decision/decide.ts';
import { type Envelope, type Evidence, noEvidence, type Subject } from '../evidence.ts';
import type { Finding } from '../finding.ts';
import { notaryVerifyFormat } from '../formats/notary.ts';
import { defaultVerifyLimits } from '../limits.ts';
import { isExempt, type Ruling } from '../policy/ruling.ts';
import { trustOf } from '../trust.ts';
import type { Witnesses } from '../witnesses/witnesses.ts';

/** A file with its detached Notary signature, and what has to hold. */
export interface NotaryBlobQuestion {
  /** Its name, for the report. */
  readonly file: string;
  /** Its bytes, read once and not held. */
  readonly blob: AsyncIterable<Uint8Array>;
  /** The envelope; absent only where the rule asks for none. */
  readonly signature?: Uint8Array;
  /** Default: as the envelope looks. */
  readonly form?: NotaryForm;
  /** What the file is said to be. Default: whatever was signed, as with notation. */
  readonly mediaType?: string;
  /** The rule for the file, and when now is. A rule that binds tags is met by no file. */
  readonly ruling: Ruling;
  /** Who is asked whether certificates were revoked, and runs plugins. Default: nobody, and that stays unknown. */
  readonly witnesses?: Witnesses;
  /** Milliseconds for those who are asked. Default: as for an image. */
  readonly totalMs?: number;
  readonly signal?: AbortSignal;
}

/** What a file came to, and from what. */
export interface JudgedBlob {
  readonly ruling: Ruling;
  readonly evidence: Evidence;
  readonly decision: Decision;
}

/**
 * Whether a file is signed as the rule asks, by the checks that an image is held to: collect (the file and those who are asked), check, decide.
 * What is wrong with the signature is an answer, never an error. Rule: wire-formats 8.1, 9.5
 * @throws what reading the file throws
 */
export async function judgeNotaryBlob(question: NotaryBlobQuestion): Promise<JudgedBlob> {
  const { file, signature, ruling } = question;
  if (signature === undefined || isExempt(ruling)) {
    const evidence = noEvidence({ reference: file }, { subject: await subjectOf(question, undefined) });
    return { ruling, evidence, decision: decide(ruling, evidence, []) };
  }
  const envelope = envelopeOf(signature, question.form ?? guessNotaryForm(signature));
  const subject = await subjectOf(question, await signedBy(envelope));
  const findings = await findingsOf(envelope, subject, question);
  const evidence = noEvidence({ reference: file }, { subject, envelopes: [envelope] });
  return { ruling, evidence, decision: decide(ruling, evidence, findings) };
}

function envelopeOf(bytes: Uint8Array, form: NotaryForm | undefined): Envelope {
  return {
    format: notaryVerifyFormat.name,
    foundIn: 'blob',
    origin: digestOf(bytes),
    mediaType: form === undefined ? '' : notaryEnvelopeTypes[form],
    bytes,
    annotations: {},
  };
}

/** What a sound envelope says of the file: how it was hashed, and what it is. */
interface Signed {
  readonly hash: string;
  readonly mediaType: string;
}

async function signedBy(envelope: Envelope): Promise<Signed | undefined> {
  // Certificates, CBOR and JWS are read for these signatures alone.
  const [{ readSound }, { payloadOf }] = await Promise.all([
    import('../formats/notary/sound-envelope.ts'),
    import('../formats/notary/payload.ts'),
  ]);
  const sound = await readSound(envelope);
  if ('failed' in sound) return undefined;
  const payload = payloadOf(sound);
  return {
    hash: sound.envelope.algorithm.hash,
    mediaType: payload instanceof EnvelopeError ? '' : payload.mediaType,
  };
}

/** The digest that has to be signed is by the hash of the key; everything else knows the file by its sha256. */
async function subjectOf(
  { blob, mediaType }: NotaryBlobQuestion,
  { hash = 'sha256', ...signed }: Partial<Signed> = {},
): Promise<Subject> {
  const hashes = new Map(['sha256', hash].map((name) => [name, createHash(name)]));
  let size = 0;
  for await (const piece of blob) {
    for (const each of hashes.values()) each.update(piece);
    size += piece.length;
  }
  const hex = new Map([...hashes].map(([name, each]) => [name, each.digest('hex')]));
  const digest = parseDigest(`sha256:${hex.get('sha256')}`);
  const file = { digest: `${hash}:${hex.get(hash)}`, size, mediaType: mediaType ?? signed.mediaType ?? '' };
  return { digest, children: [], file };
}

async function findingsOf(
  envelope: Envelope,
  subject: Subject,
  { ruling, witnesses, totalMs = defaultVerifyLimits.totalMs, signal }: NotaryBlobQuestion,
): Promise<readonly Finding[]> {
  const trust = trustOf(ruling);
  const clock = startClock(totalMs, signal);
  try {
    const by = witnesses && { witnesses, signal: clock.signal };
    const testimonies = by && (await notaryVerifyFormat.consult?.(envelope, subject, trust, by));
    return await notaryVerifyFormat.verify(envelope, subject, trust, testimonies);
  } finally {
    clock.stop();
  }
}
