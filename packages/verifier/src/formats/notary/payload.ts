import { EnvelopeError, parseNotaryPayload, type TargetArtifact } from '@signet/core';
import type { Envelope, SignedFile, Subject } from '../../evidence.ts';
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
  if (subject.file !== undefined) return [isOne, checkFile(payload, subject.file)];
  return [isOne, checkSubject([payload.digest], envelope, subject), ...checkDescriptor(payload, subject)];
}

/** Whether the payload names the digest that has to be signed of this. */
export function isAbout({ digest }: TargetArtifact, subject: Subject): boolean {
  return digest === (subject.file?.digest ?? subject.digest);
}

/** Beside the digest notation compares size and media type; they are known here where the image's manifest was read. Rule: wire-formats 8.1 */
function checkDescriptor(payload: TargetArtifact, { descriptor }: Subject): readonly Check[] {
  if (descriptor === undefined || descriptor.digest !== payload.digest) return [];
  if (isSameKind(payload, descriptor)) return [];
  const message = `signed for ${payload.size} bytes of ${payload.mediaType}, the image has ${descriptor.size} of ${descriptor.mediaType}`;
  return [{ name: 'subject', result: 'fail', code: 'SUBJECT_MISMATCH', message, rule: 'wire-formats 8.1' }];
}

/** All three, as for an image; the digest is by the hash of the key, and by no other. Rule: wire-formats 8.1 */
function checkFile(payload: TargetArtifact, file: SignedFile): Check {
  const check = { name: 'subject', rule: 'wire-formats 8.1' } as const;
  const fail = (message: string): Check => ({ ...check, result: 'fail', code: 'SUBJECT_MISMATCH', message });
  if (payload.digest !== file.digest) return fail(`signed for ${payload.digest}, the file is ${file.digest}`);
  if (isSameKind(payload, file))
    return { ...check, result: 'pass', code: 'OK', message: `signed for ${file.digest}, ${file.mediaType}` };
  return fail(
    `signed for ${payload.size} bytes of ${payload.mediaType}, the file is ${file.size} of ${file.mediaType}`,
  );
}

function isSameKind(
  one: Pick<SignedFile, 'size' | 'mediaType'>,
  other: Pick<SignedFile, 'size' | 'mediaType'>,
): boolean {
  return one.size === other.size && one.mediaType === other.mediaType;
}
