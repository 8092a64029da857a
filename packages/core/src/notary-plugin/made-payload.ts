import { ANNOTATION_REF_NAME } from '../format.ts';
import { shown } from '../formats/strict-json.ts';
import { parseNotaryPayload, type TargetArtifact } from '../notary/payload.ts';

/** What of the payload is not as it was given; undefined where only annotations came to it. @throws {EnvelopeError} PAYLOAD_MALFORMED */
export function changedIn(made: Uint8Array, given: Uint8Array): string | undefined {
  const theirs = parseNotaryPayload(made);
  const ours = parseNotaryPayload(given);
  const field = (['digest', 'size', 'mediaType'] as const).find((name) => theirs[name] !== ours[name]);
  if (field !== undefined) return `the payload of the envelope has another ${field}`;
  const more = addedMember(made);
  if (more !== undefined) return `the payload of the envelope has a member that was not given, ${shown(more)}`;
  return changedAnnotation(theirs, ours);
}

function changedAnnotation(
  { annotations: theirs }: TargetArtifact,
  { annotations: ours }: TargetArtifact,
): string | undefined {
  const changed = Object.keys(ours).find((name) => !Object.hasOwn(theirs, name) || theirs[name] !== ours[name]);
  if (changed !== undefined) return `the payload of the envelope has another annotation ${shown(changed)}`;
  // Those say which image it is, and when that was signed: nobody but the signer may.
  const own = Object.keys(theirs).find((name) => isOwnAnnotation(name) && !Object.hasOwn(ours, name));
  return own === undefined ? undefined : `the payload of the envelope has got the annotation ${shown(own)}`;
}

/** Names that mean something to Signet: no plugin may add them. */
export function isOwnAnnotation(name: string): boolean {
  return name === ANNOTATION_REF_NAME || name.startsWith('dev.signet.');
}

/** Beyond what every payload has. */
function addedMember(payload: Uint8Array): string | undefined {
  // parseNotaryPayload has read it before: it is an object with an object in it.
  const { targetArtifact, ...others } = JSON.parse(Buffer.from(payload).toString('utf8')) as Record<string, object>;
  const known = ['annotations', 'digest', 'mediaType', 'size'];
  return Object.keys(others)[0] ?? Object.keys(targetArtifact ?? {}).find((name) => !known.includes(name));
}
