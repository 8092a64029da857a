export { EnvelopeError, type EnvelopeErrorCode, KeyError, type KeyErrorCode } from './errors.ts';
export {
  ANNOTATION_ENVELOPE,
  ANNOTATION_REF_NAME,
  ANNOTATION_SIGNED_AT,
  MAX_ANNOTATED_ENVELOPE_BYTES,
  type Payload,
  type SignatureArtifact,
  type SignFormat,
  type SignFormatName,
  type SignRequest,
} from './format.ts';
export type { KeyKind, PublicKey } from './keys/public-key.ts';
export type { SignatureScheme, Signer } from './signer.ts';
