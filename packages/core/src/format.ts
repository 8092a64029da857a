import type { Descriptor, Digest, Store } from '@signet/oci';
import type { PublicKey } from './keys/public-key.ts';
import type { SignatureScheme, Signer } from './signer.ts';

/** Names of the formats that a bare key signs in. */
export type KeyFormatName = 'sigstore' | 'cosign';

/** Names of the signature formats that can be written; `notary` needs certificates. */
export type SignFormatName = KeyFormatName | 'notary';

/** What is to be signed. Pure data: no clock, no registry. */
export interface SignRequest {
  /** The manifest: media type, digest and size of the bytes that were read. */
  readonly subject: Descriptor;
  /** `REGISTRY/REPO` of the image: the older cosign form has it in its payload without a tag. */
  readonly repository?: string;
  /** `REGISTRY/REPO:TAG`, put into the signed payload; absent with `--no-tag` or where no tag was named. Rule: design.md 4. */
  readonly signedReference?: string;
  /** The signer's own claim, milliseconds since 1970 UTC. */
  readonly signedAtMs: number;
  /** Further signed annotations. Keys that Signet sets itself are refused. */
  readonly annotations: Readonly<Record<string, string>>;
}

/** A payload whose bytes are fixed: what is shown by `--dry-run`, written by `--payload-out`, signed elsewhere and attached. */
export interface Payload {
  readonly format: SignFormatName;
  readonly payloadType: string;
  /** The payload itself (JSON). */
  readonly bytes: Uint8Array;
  /**
   * The exact bytes that the key signs (for DSSE: the PAE over `bytes`). With `notary` the payload alone: the envelope's header, which is signed
   * too, names the algorithm of the key.
   */
  readonly toSign: Uint8Array;
}

/** A payload that a bare key signs. */
export interface KeyPayload extends Payload {
  readonly format: KeyFormatName;
}

/** A signature as its format stores it, before anything is pushed. */
export interface SignatureArtifact {
  readonly format: SignFormatName;
  /** The envelope: a bundle's JSON, or for the older cosign form the payload blob. */
  readonly envelope: Uint8Array;
  readonly envelopeMediaType: string;
  /** Annotations that carry the signature beside the blob (older cosign form). */
  readonly layerAnnotations: Readonly<Record<string, string>>;
  /** For the manifest, beside what its format puts there: from a plugin that made the envelope. */
  readonly manifestAnnotations?: Readonly<Record<string, string>>;
}

/** How a payload is sealed. */
export interface SealOptions {
  /** One of the schemes that the format allows for this kind of key; default: the first of them. Rule: wire-formats 3.3. */
  readonly scheme?: SignatureScheme;
  readonly signal?: AbortSignal;
}

/** Where a signature is stored, and how fast: waits and dice are handed in, so that tests need neither. */
export interface SignatureStore {
  readonly store: Store;
  /** The signed manifest. */
  readonly subject: Descriptor;
  readonly pace: Pace;
  readonly signal?: AbortSignal;
}

/** Waiting between tries, and how long what was tried took. */
export interface Pace {
  wait(milliseconds: number, signal?: AbortSignal): Promise<void>;
  /** Milliseconds since any moment: for measuring a request, never a date. */
  clock(): number;
  /** From 0 up to, not including, 1. */
  random(): number;
}

/** A signature that was read back. `api`, `tag`: in a referrers listing or fallback index; `scan`: of a layout; `sig`: cosign's `.sig` tag. */
export interface StoredSignature {
  /** Digest of the manifest that holds it. */
  readonly manifest: Digest;
  readonly via: 'api' | 'tag' | 'scan' | 'sig';
}

/** The signing side of a format: what is signed, and the artifact that stores it; storing is the format's too, I/O through Store alone. */
export interface SignFormat {
  readonly name: SignFormatName;
  /** @throws {EnvelopeError} ANNOTATION_INVALID, ENVELOPE_UNSUPPORTED */
  payload(request: SignRequest): Payload;
  /** @throws {KeyError} what the signer throws; {EnvelopeError} ENVELOPE_UNSUPPORTED, SIGNATURE_SELF_CHECK */
  seal(payload: Payload, signer: Signer, options?: SealOptions): Promise<SignatureArtifact>;
  /** Whether the artifact holds this key's signature over exactly this payload, in a form that verifiers of the format take. Never throws. */
  verifies(artifact: SignatureArtifact, payload: Payload, key: PublicKey): boolean;
  /**
   * Pushes and reads back: the signature is findable and its bytes are equal when this returns.
   * @throws {EnvelopeError} SIGNATURE_NOT_STORED; {RegistryError} what the store throws
   */
  store(artifact: SignatureArtifact, createdMs: number, to: SignatureStore): Promise<StoredSignature>;
  /** A stored signature of this key over this payload, but for the signing time. Bounded: one that is far down a long list may be missed. */
  find(payload: Payload, key: PublicKey, within: SignatureStore): Promise<StoredSignature | undefined>;
}

/** Annotation with the signed reference. Rule: design.md 4, image-spec annotations.md. */
export const ANNOTATION_REF_NAME = 'org.opencontainers.image.ref.name';
/** Annotation with the signing time as the signer claims it: `2026-11-23T09:00:00.120Z`. Rule: signed-tags.md 1. */
export const ANNOTATION_SIGNED_AT = 'dev.signet.signed-at';
/** Manifest annotation with the whole envelope in base64, so that a listing alone carries it. Rule: design.md 4. */
export const ANNOTATION_ENVELOPE = 'dev.signet.envelope';
/** Envelopes up to this many bytes are embedded in the manifest annotation. */
export const MAX_ANNOTATED_ENVELOPE_BYTES: number = 8 * 1024;
