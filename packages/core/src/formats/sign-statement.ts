import { digestAlgorithm, digestHex } from '@signet/oci';
import { EnvelopeError } from '../errors.ts';
import { ANNOTATION_REF_NAME, ANNOTATION_SIGNED_AT, type SignRequest } from '../format.ts';
import { PREDICATE_TYPE_SIGN, STATEMENT_TYPE } from './statement.ts';

/**
 * The statement that signs an image, as cosign 3 writes it: no name, annotations inside the subject, an empty predicate. The signed
 * reference and the claimed time are annotations. Rule: design.md 4, wire-formats 4.2.
 * @throws {EnvelopeError} ANNOTATION_INVALID
 */
export function encodeSignStatement(request: SignRequest): Uint8Array {
  const { digest } = request.subject;
  const statement = {
    _type: STATEMENT_TYPE,
    subject: [{ digest: { [digestAlgorithm(digest)]: digestHex(digest) }, annotations: signedAnnotations(request) }],
    predicateType: PREDICATE_TYPE_SIGN,
    predicate: {},
  };
  return Buffer.from(JSON.stringify(statement));
}

/** All annotations that are signed, in the order of their keys, so that equal requests give equal bytes. @throws {EnvelopeError} ANNOTATION_INVALID */
export function signedAnnotations(request: SignRequest): Readonly<Record<string, string>> {
  for (const key of Object.keys(request.annotations)) {
    if (key === '') throw new EnvelopeError('ANNOTATION_INVALID', 'an annotation has an empty key');
    if (key === ANNOTATION_REF_NAME || key === ANNOTATION_SIGNED_AT) {
      throw new EnvelopeError('ANNOTATION_INVALID', `the annotation ${key} is set by Signet itself`);
    }
  }
  const all = {
    ...request.annotations,
    ...(request.signedReference === undefined ? {} : { [ANNOTATION_REF_NAME]: request.signedReference }),
    // biome-ignore lint/style/noRestrictedGlobals: writes the time that was handed in; no clock is read.
    [ANNOTATION_SIGNED_AT]: new Date(request.signedAtMs).toISOString(),
  };
  return Object.fromEntries(Object.entries(all).sort(([left], [right]) => (left < right ? -1 : 1)));
}
