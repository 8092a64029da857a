import type { TagCatalogue } from './catalogue.ts';
import type { Condition } from './condition.ts';
import type { Place } from './place.ts';
import type { Requirement } from './requirement.ts';
import type { TrustSource } from './source.ts';

/** What enforcement makes of the verdict: only `enforce` stops anything. */
export type Mode = 'enforce' | 'warn' | 'audit' | 'skip';

/** A policy rule after parsing. */
export interface Rule {
  readonly name: string;
  readonly mode: Mode;
  readonly require: Requirement;
  /** `bound`: the signed reference must name the asked repository and tag. `trusted`: a signed catalogue says what the tag is. */
  readonly tag: 'any' | 'bound' | 'trusted';
  /** Who says what tags are: there exactly where `tag` is `trusted`. */
  readonly catalogue?: TagCatalogue;
  /** Annotations that the signed payload must hold, exactly. */
  readonly annotations: Readonly<Record<string, string>>;
  /** Others that the caller asks for beside the policy: where the two want different values, nothing meets both. */
  readonly askedAnnotations?: Readonly<Record<string, string>>;
  /** `each`: every platform of an index must satisfy the rule by itself, and the index need not. Default: `index`. */
  readonly platforms?: 'index' | 'each';
  /** A signature's verified time may be at most so long ago, milliseconds. Without a verified time it does not count. */
  readonly maxAgeMs?: number;
  /** A signature's verified time must not be earlier, milliseconds since 1970 UTC. Without a verified time it does not count. */
  readonly notBeforeMs?: number;
  /** Gates that cannot write the digest into what is deployed let a verified image pass that is named by a tag. Default: false. */
  readonly allowUnpinned?: boolean;
  /** A server gives an answer again for at most so long, milliseconds: fresh, and then stale while it asks anew. Default: the server's. */
  readonly reuse?: { readonly freshMs: number; readonly staleMs: number };
  /** A signature for which it does not hold does not count. */
  readonly condition?: Condition;
  /** The patterns that led here, as written; for explanations. */
  readonly images?: readonly string[];
  readonly place?: Place;
}

/** Every source of the tree, once by name, in the order of the policy. */
export function sourcesOf(requirement: Requirement): readonly TrustSource[] {
  const all = requirement.kind === 'source' ? [requirement.source] : requirement.of.flatMap(sourcesOf);
  return [...new Map(all.map((source) => [source.name, source])).values()];
}
