import type { Resolved, Source } from '@signet/oci';
import type { Envelope } from '../evidence.ts';
import type { FoundFormat } from '../format.ts';
import type { VerifyLimits } from '../limits.ts';
import type { Gathering } from './gathering.ts';

/** From a tag to the manifest that it names: the registry's word, or a signed catalogue's. @throws {RegistryError} as Source.resolve */
export type TagResolver = (
  tag: string,
  source: Source,
  options: { readonly signal: AbortSignal; readonly maxBytes: number },
) => Promise<Resolved>;

/** Where evidence comes from, and how much of it. */
export interface CollectOptions {
  readonly source: Source;
  /** None: no signature is looked for, only the image. */
  readonly formats: readonly FoundFormat[];
  /** The bound on time is the signal's. */
  readonly limits: Omit<VerifyLimits, 'totalMs'>;
  /** Default: the registry's word. */
  readonly resolve?: TagResolver;
  /** Ends the reading, requests in flight included; its reason becomes a gap. */
  readonly signal?: AbortSignal;
  /** Which envelopes were checked and prove nothing: they may be dropped for want of room. Default: none. */
  readonly isSpent?: (envelope: Envelope) => boolean;
  /** The image's manifest is read to its children, because one of them may be refused. Default: false. */
  readonly wantsChildren?: boolean;
  /** The listing is asked for alone, and the rest only when it does not suffice: fewer requests, or one round trip more. Default: all at once. */
  readonly isSparing?: boolean;
}

/** What the readers of one reference share. */
export interface Collecting extends CollectOptions {
  readonly gathering: Gathering;
  readonly signal: AbortSignal;
}
