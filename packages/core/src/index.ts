export { type BlobForm, type SignBlobOptions, signBlob } from './blob.ts';
export {
  EnvelopeError,
  type EnvelopeErrorCode,
  KeyError,
  type KeyErrorCode,
} from './errors.ts';
export {
  ANNOTATION_ENVELOPE,
  ANNOTATION_REF_NAME,
  ANNOTATION_SIGNED_AT,
  type KeyFormatName,
  MAX_ANNOTATED_ENVELOPE_BYTES,
  type Pace,
  type Payload,
  type SignatureArtifact,
  type SignFormat,
  type SignFormatName,
  type SignRequest,
  type StoredSignature,
} from './format.ts';
export {
  type Bundle,
  type BundleContent,
  type BundleHash,
  type BundleVersion,
  MAX_SIGNATURE_BYTES,
  MEDIA_TYPE_BUNDLE,
  parseBundle,
} from './formats/bundle.ts';
export type { BundleKeyMaterial, BundleMaterial } from './formats/bundle-material.ts';
export type { InclusionProof, TlogEntry } from './formats/bundle-tlog.ts';
export { ANNOTATION_COSIGN_SIGNATURE, cosignFormat } from './formats/cosign-format.ts';
export { cosignTag } from './formats/cosign-tag.ts';
export { type DsseEnvelope, PAYLOAD_TYPE_IN_TOTO, pae } from './formats/dsse.ts';
export { signFormat, signFormatNames } from './formats/sign-formats.ts';
export { sigstoreFormat } from './formats/sigstore-format.ts';
export {
  MEDIA_TYPE_SIMPLE_SIGNING,
  parseSimpleSigning,
  SIMPLE_SIGNING_TYPE,
  type SimpleSigning,
} from './formats/simple-signing.ts';
export {
  PREDICATE_TYPE_SIGN,
  parseStatement,
  STATEMENT_TYPE,
  STATEMENT_TYPE_V01,
  type Statement,
  type StatementSubject,
} from './formats/statement.ts';
export { encodePrivateKey, encodePublicKey, type PrivateKeyEncoding } from './keys/encode.ts';
export { exampleKeyIds, isExampleKey } from './keys/example-keys.ts';
export { generateKey } from './keys/generate.ts';
export type { KeyKind } from './keys/key-kind.ts';
export { type Password, parsePrivateKey } from './keys/parse-private-key.ts';
export { parsePublicKey, parsePublicKeys, publicKeyOfCertificate } from './keys/parse-public-key.ts';
export { decodePemBody, findPemBlocks, type PemBlock } from './keys/pem.ts';
export { type PrivateKey, privateKeyFrom } from './keys/private-key.ts';
export { type PublicKey, publicKeyFrom } from './keys/public-key.ts';
export { type NotaryAlgorithm, notaryAlgorithms } from './notary/algorithms.ts';
export {
  type ExtendedAttribute,
  NOTARY_PAYLOAD_TYPE,
  type SignedAttributes,
  type SigningScheme,
} from './notary/attributes.ts';
export { NOTARY_ARTIFACT_TYPE, type NotaryEnvelope, type NotaryForm, notaryEnvelopeTypes } from './notary/envelope.ts';
export { envelopeKeyOf } from './notary/envelope-key.ts';
export { checkMediaType } from './notary/media-type.ts';
export { createNotaryFormat } from './notary/notary-format.ts';
export { guessNotaryForm, parseNotaryEnvelope } from './notary/parse-envelope.ts';
export { parseNotaryPayload, type TargetArtifact } from './notary/payload.ts';
export type { EnvelopeKey, NotarySigning } from './notary/seal-envelope.ts';
export {
  type BlobSigning,
  NOTARY_BLOB_TYPE,
  type NotaryBlob,
  type SignedNotaryBlob,
  signNotaryBlob,
} from './notary/sign-blob.ts';
export { notaryAlgorithmOf, verifyNotarySignature } from './notary/signature.ts';
export { defaultPace } from './pace.ts';
export { allowsScheme, type SchemeFormat, schemesFor } from './schemes.ts';
export { type AttachOptions, attachSignature } from './sign/attach.ts';
export { type ParsedPayload, parsePayload } from './sign/parse-payload.ts';
export { type ImageToSign, type Plan, type Planned, planImage } from './sign/plan.ts';
export { type SignImageOptions, signImage } from './sign/sign-image.ts';
export type { SignedFacts, SignResult, StoredFacts } from './sign/sign-planned.ts';
export { type SignatureCheck, type SignatureEncoding, startSignatureCheck, verifySignature } from './signature.ts';
export { toDerSignature, toRawSignature } from './signature-encoding.ts';
export type { SignatureScheme, Signer } from './signer.ts';
export { createSoftwareSigner } from './software-signer.ts';
