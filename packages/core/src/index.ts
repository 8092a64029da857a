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
export { encodePrivateKey, encodePublicKey, type PrivateKeyEncoding } from './keys/encode.ts';
export { exampleKeyIds, isExampleKey } from './keys/example-keys.ts';
export { generateKey } from './keys/generate.ts';
export type { KeyKind } from './keys/key-kind.ts';
export { type Password, parsePrivateKey } from './keys/parse-private-key.ts';
export { parsePublicKey, parsePublicKeys, publicKeyOfCertificate } from './keys/parse-public-key.ts';
export { type PrivateKey, privateKeyFrom } from './keys/private-key.ts';
export { type PublicKey, publicKeyFrom } from './keys/public-key.ts';
export { allowsScheme, type SchemeFormat, schemesFor } from './schemes.ts';
export { type SignatureEncoding, verifySignature } from './signature.ts';
export { toDerSignature, toRawSignature } from './signature-encoding.ts';
export type { SignatureScheme, Signer } from './signer.ts';
export { createSoftwareSigner } from './software-signer.ts';
