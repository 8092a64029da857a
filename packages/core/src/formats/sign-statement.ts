import { digestAlgorithm, digestHex } from '@signet/oci';
import type { SignRequest } from '../format.ts';
import { signedAnnotations } from './signed-annotations.ts';
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
