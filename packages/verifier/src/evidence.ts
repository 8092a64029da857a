import type { Descriptor, Digest, RegistryErrorCode, RegistryReference } from '@signet/oci';
import type { FoundIn } from './finding.ts';

/** What a signed reference must name under `tag: bound`: `REGISTRY/REPO` and, where a tag was asked, the tag. */
export interface SignedName {
  readonly repository: string;
  readonly tag?: string;
}

/** The question: one image, and the name it was asked by. */
export interface Asked {
  /** As it was asked, for the report. */
  readonly reference: string;
  /** Resolved where no digest was asked. */
  readonly tag?: string;
  readonly digest?: Digest;
  /** `os/arch[/variant]`: this child of the index is asked, not the index. */
  readonly platform?: string;
  /** What is no index is meant itself, whatever the platform. */
  readonly allowNoIndex?: true;
  /** What a signed reference is compared with, renames applied. Absent for an image layout on disk unless the caller says it. */
  readonly name?: SignedName;
  /** The repository that it was asked of, folded. Absent for an image layout on disk. */
  readonly image?: Pick<RegistryReference, 'registry' | 'repository'>;
}

/** A file as a Notary signature names it. */
export interface SignedFile {
  readonly mediaType: string;
  /** By the hash of the key that signed: sha256, sha384 or sha512. Rule: wire-formats 8.1 */
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
}

/** The image: its digest, and its descriptor where its bytes were read. */
export interface Subject {
  readonly digest: Digest;
  readonly descriptor?: Descriptor;
  /** Of an index, the images in it; empty for an image. Absent where its bytes were not read, not asked for (`wantsChildren`) or not understood. */
  readonly children?: readonly Digest[];
  /** The index that it was found in by its platform. */
  readonly index?: Digest;
  /** It is a file and no image, and this is what has to be signed of it; `digest` is its sha256 all the same. */
  readonly file?: SignedFile;
}

/** One signature as fetched; nothing in it is believed yet. */
export interface Envelope {
  readonly format: string;
  readonly foundIn: FoundIn;
  /** Digest of the signature manifest (from a listing: as the listing says). */
  readonly origin: Digest;
  /** The manifest's own `subject`, where the manifest was read. */
  readonly manifestSubject?: Digest;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
  /** Annotations of the layer or listing entry (the older cosign form keeps its signature there). */
  readonly annotations: Readonly<Record<string, string>>;
}

/** What stood in the way; `FAILED` for an error of no class that is known here. */
export type GapCode = RegistryErrorCode | 'PLATFORM_NOT_FOUND' | 'FAILED';

/** Something that could not be read or was left unread: it can turn a no into undecided, never into a yes. */
export interface Gap {
  readonly what: 'resolve' | 'referrers' | 'manifest' | 'blob' | 'limit' | 'time';
  readonly code: GapCode;
  readonly message: string;
  readonly digest?: Digest;
}

/** Why something was passed over. */
export type SkippedCode =
  | 'FOREIGN_FORMAT'
  | 'OTHER_TYPE'
  | 'REFERRER_GONE'
  | 'SUBJECT_MISSING'
  | 'SUBJECT_MISMATCH'
  | 'MANIFEST_INVALID'
  | 'NO_ENVELOPE';

/** Something that was seen and passed over, of which the report tells (a manifest of another subject, an unknown type); no gap. */
export interface Skipped {
  readonly origin: Digest;
  readonly code: SkippedCode;
  readonly message: string;
}

/** Evidence with nothing in it but `parts`. */
export function noEvidence(asked: Asked, parts: Partial<Evidence> = {}): Evidence {
  return { asked, envelopes: [], gaps: [], skipped: [], skippedTotal: 0, complete: true, ...parts };
}

/** All that was fetched for one reference so far, as plain data: a verdict can be replayed from disk. */
export interface Evidence {
  readonly asked: Asked;
  /** Absent until the reference is resolved; by digest it is known at once, its descriptor only once its bytes were read. */
  readonly subject?: Subject;
  readonly envelopes: readonly Envelope[];
  readonly gaps: readonly Gap[];
  /** The first ones; `skippedTotal` counts all. */
  readonly skipped: readonly Skipped[];
  readonly skippedTotal: number;
  /** False while more is being read: until then there is no no. */
  readonly complete: boolean;
}
