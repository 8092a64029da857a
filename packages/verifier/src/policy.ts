import type { PublicKey } from '@signet/core';

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

/** A policy rule after parsing. */
export interface Rule {
  readonly name: string;
  readonly mode: 'enforce' | 'warn' | 'audit' | 'skip';
  readonly require: Requirement;
  /** `bound`: the signed reference must name the asked repository and tag. `trusted` comes with signed tags. */
  readonly tag: 'any' | 'bound';
  /** Annotations that the signed payload must hold, exactly. */
  readonly annotations: Readonly<Record<string, string>>;
}
