import type { Descriptor, Digest } from '@signet/oci';
import type { FoundIn } from './finding.ts';

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

/** Something that could not be read or was left unread: it can turn a no into undecided, never into a yes. */
export interface Gap {
  /** `resolve`, `referrers`, `manifest`, `blob`, `limit`, `time` */
  readonly what: 'resolve' | 'referrers' | 'manifest' | 'blob' | 'limit' | 'time';
  /** The code of the error that stood in the way. */
  readonly code: string;
  readonly message: string;
  readonly digest?: Digest;
}

/** Something that was seen and passed over, of which the report tells (a listing of another subject, an unknown type); no gap. */
export interface Skipped {
  readonly origin: Digest;
  readonly code: string;
  readonly message: string;
}

/** All that was fetched for one reference so far, as plain data: a verdict can be replayed from disk. */
export interface Evidence {
  readonly subject?: Descriptor;
  /** Whether the manifest's own bytes were read (by tag always). */
  readonly subjectRead: boolean;
  readonly envelopes: readonly Envelope[];
  readonly gaps: readonly Gap[];
  readonly skipped: readonly Skipped[];
}
