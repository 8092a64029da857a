import type { Descriptor, Digest, Source } from '@signet/oci';
import type { Decision } from '../decision/decide.ts';
import type { ReportCode } from '../decision/verdict.ts';
import type { Asked, Gap } from '../evidence.ts';
import type { Ruling } from '../policy/ruling.ts';

/** Who says what a tag is under `tag: trusted`: signed catalogues, their statements, and what was seen of them before. */
export interface TrustedTags {
  /** Never throws. */
  ask(question: TrustedQuestion): Promise<TrustedAnswer>;
}

/** One reference that a rule with `tag: trusted` is for. */
export interface TrustedQuestion {
  readonly asked: Asked;
  /** `rule.tag` is `trusted`, and `rule.catalogue` is there. */
  readonly ruling: Ruling;
  /** The asked repository, or layout. */
  readonly source: Source;
  /** Its reason is a RegistryError TIMEOUT or ABORTED. */
  readonly signal: AbortSignal;
}

/** What a signed catalogue says of a reference. `trusted`: the rule is met for this digest. */
export type TrustedAnswer =
  | {
      readonly kind: 'trusted';
      readonly digest: Digest;
      /** As the entry of the catalogue has it; nothing was read. Missing where it is not known: the reference is by digest. */
      readonly descriptor?: Descriptor;
      /** Over the statements. */
      readonly decision: Decision;
      readonly facts: TagFacts;
    }
  | {
      readonly kind: 'denied' | 'undecided';
      readonly code: Exclude<ReportCode, 'VERIFIED'>;
      /** One sentence: what is wrong. */
      readonly message: string;
      /** What to do next. */
      readonly remedy?: string;
      /** What the reference comes to, where that is known. */
      readonly digest?: Digest;
      readonly descriptor?: Descriptor;
      /** Over the statements, where there were any to judge. */
      readonly decision?: Decision;
      /** What could not be read. */
      readonly gap?: Gap;
      readonly facts: TagFacts;
    };

/** What a report says of the catalogue. Times in milliseconds since 1970 UTC. */
export interface TagFacts {
  readonly collection: string;
  /** Its name in the policy. */
  readonly catalogue: string;
  /** Where the file came from that the answer rests on; missing where there is none. */
  readonly source?: 'registry' | 'cache';
  /** Of that file. */
  readonly issuedMs?: number;
  readonly expiresMs?: number;
  /** Of the item that the answer rests on. */
  readonly atMs?: number;
  /** Nothing was known of this tag before: an older catalogue could not have been noticed. */
  readonly cold?: boolean;
  /** The registry showed an older state than was seen before. */
  readonly staleSource?: boolean;
  /** The file has expired, and is taken all the same: `graceAfterExpiry`. */
  readonly expired?: 'grace';
  /** What the registry's own tag names, where that is another digest. */
  readonly drift?: Digest;
  /** False: what was seen could not be kept. */
  readonly stateSaved?: boolean;
  /** The digest is not what the tag names now, but what it named until not long ago. */
  readonly superseded?: boolean;
  /** Not the file's expiry, but the policy's age for files that come by hand counted. */
  readonly freshness?: 'bundle';
}
