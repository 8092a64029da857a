import type { Digest, Reference } from '@signet/oci';
import type { ReportCode, Verdict } from '../../decision/verdict.ts';
import type { GapCode } from '../../evidence.ts';
import type { Place } from '../place.ts';

/** A signature that a case makes up: what a format would have proven of it. */
export interface MadeSignature {
  /** Hex SHA-256 of the signer's SPKI. */
  readonly keyId: string;
  /** The image that it is for. Default: the asked one. */
  readonly digest?: Digest;
  /** `REGISTRY/REPO[:TAG]` in the payload; null: it names none. Default: what the rule would compare it with. */
  readonly reference?: string | null;
  readonly annotations: Readonly<Record<string, string>>;
  readonly format: string;
  /** Milliseconds since 1970 UTC. */
  readonly claimedAtMs?: number;
  readonly verifiedAtMs?: number;
}

/** What must come out; what is not said may be anything. */
export interface Expected {
  readonly verdict?: Verdict;
  readonly allowed?: boolean;
  readonly code?: ReportCode;
  /** null: no rule. */
  readonly rule?: string | null;
}

/** One row of a table test: an image, the evidence about it, and what the policy must say. */
export interface TableCase {
  readonly name: string;
  readonly place: Place;
  readonly reference: Reference;
  readonly platform?: string;
  /** Of the image. Default: that of the reference, else one that is made up. */
  readonly digest?: Digest;
  /** What the tag names now; null: nothing. Default: the image. */
  readonly tagNames?: Digest | null;
  /** The images of it, where it is an index. */
  readonly children: readonly Digest[];
  readonly signatures: readonly MadeSignature[];
  /** What could not be read. */
  readonly gaps: readonly GapCode[];
  /** The registry does not know the image. */
  readonly unresolved: boolean;
  readonly expect: Expected;
}

/** A whole table. */
export interface PolicyTable {
  /** When the cases are judged, milliseconds since 1970 UTC. */
  readonly atMs: number;
  readonly cases: readonly TableCase[];
}
