import type { PublicKey } from '@signet/core';
import type { Identity } from './finding.ts';

/** A named source of trust. One kind now; X.509 and keyless sources come with their formats. */
export interface TrustSource {
  readonly name: string;
  readonly keys: readonly PublicKey[];
}

/** `require` of a rule: a tree of any / all / atLeast over sources. `atLeast` counts different signers. Rule: design.md 6. */
export type Requirement =
  | { readonly kind: 'source'; readonly source: TrustSource }
  | { readonly kind: 'any'; readonly of: readonly Requirement[] }
  | { readonly kind: 'all'; readonly of: readonly Requirement[] }
  | { readonly kind: 'atLeast'; readonly count: number; readonly of: readonly Requirement[] };

/** What enforcement makes of the verdict: only `enforce` stops anything. */
export type Mode = 'enforce' | 'warn' | 'audit' | 'skip';

/** A policy rule after parsing. */
export interface Rule {
  readonly name: string;
  readonly mode: Mode;
  readonly require: Requirement;
  /** `bound`: the signed reference must name the asked repository and tag. `trusted` comes with signed tags. */
  readonly tag: 'any' | 'bound';
  /** Annotations that the signed payload must hold, exactly. */
  readonly annotations: Readonly<Record<string, string>>;
}

/** Every source of the tree, once by name, in the order of the policy. */
export function sourcesOf(requirement: Requirement): readonly TrustSource[] {
  const all = requirement.kind === 'source' ? [requirement.source] : requirement.of.flatMap(sourcesOf);
  return [...new Map(all.map((source) => [source.name, source])).values()];
}

/** Whether this source trusts the signer. */
export function trusts(source: TrustSource, identity: Identity): boolean {
  return identity.kind === 'key' && source.keys.some((key) => key.id === identity.keyId);
}
