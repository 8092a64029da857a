import { EnvelopeError, parseNotaryPayload, type TargetArtifact } from '@signet/core';
import type { Envelope, Subject } from '../../evidence.ts';
import type { Check } from '../../finding.ts';
import { attempt } from '../decode.ts';
import { checkSubject } from '../subject.ts';
import type { SoundEnvelope } from './sound-envelope.ts';

/** What a signature says, or what is wrong with it. */
export function payloadOf({ envelope }: SoundEnvelope): TargetArtifact | EnvelopeError {
  return attempt(() => parseNotaryPayload(envelope.payload));
}

const base = { name: 'payload', rule: 'wire-formats 8.1' } as const;

/** That a signature signs the artifact that is asked about. Rule: wire-formats 8.1 */
export function checkPayload(
  payload: TargetArtifact | EnvelopeError,
  envelope: Envelope,
  subject: Subject,
): readonly Check[] {
  if (payload instanceof EnvelopeError)
    return [{ ...base, result: 'fail', code: 'PAYLOAD_MALFORMED', message: payload.message }];
  const isOne: Check = { ...base, result: 'pass', code: 'OK', message: 'a payload that signs an artifact' };
  return [isOne, checkSubject([payload.digest], envelope, subject), ...checkDescriptor(payload, subject)];
}

/** Beside the digest notation compares size and media type; they are known here where the image's manifest was read. Rule: wire-formats 8.1 */
function checkDescriptor(payload: TargetArtifact, { descriptor }: Subject): readonly Check[] {
  if (descriptor === undefined || descriptor.digest !== payload.digest) return [];
  if (payload.size === descriptor.size && payload.mediaType === descriptor.mediaType) return [];
  const message = `signed for ${payload.size} bytes of ${payload.mediaType}, the image has ${descriptor.size} of ${descriptor.mediaType}`;
  return [{ name: 'subject', result: 'fail', code: 'SUBJECT_MISMATCH', message, rule: 'wire-formats 8.1' }];
}
