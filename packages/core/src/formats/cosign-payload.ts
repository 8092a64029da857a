import type { SignRequest } from '../format.ts';
import { signedAnnotations } from './signed-annotations.ts';
import { SIMPLE_SIGNING_TYPE } from './simple-signing.ts';

/**
 * The payload as cosign writes it: Go's JSON, without white space. `docker-reference` has the tag unless none is signed; annotations stand
 * in `optional`, without the reference, which would stand there twice. Rule: wire-formats 6.2, design.md 4.
 * @throws {EnvelopeError} ANNOTATION_INVALID
 */
export function encodeSimpleSigning(request: SignRequest): Uint8Array {
  const { signedReference, repository = '', subject, ...others } = request;
  const payload = {
    critical: {
      identity: { 'docker-reference': signedReference ?? repository },
      image: { 'docker-manifest-digest': subject.digest },
      type: SIMPLE_SIGNING_TYPE,
    },
    optional: signedAnnotations({ ...others, subject }),
  };
  return Buffer.from(escapeAsGo(JSON.stringify(payload)));
}

/** These characters can only stand inside strings. Rule: Go encoding/json, HTML escaping. */
function escapeAsGo(json: string): string {
  return json.replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
