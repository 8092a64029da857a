import type { PublicKey } from '@signet/core';
import type { Digest } from '@signet/oci';
import type { TagCatalogue } from './catalogue.ts';
import type { RuleIndex } from './match/rule-index.ts';
import type { Rule } from './rule.ts';

/** What is never let through, whatever a rule says. Rule: design.md 6 `refuse`. */
export interface Refusals {
  readonly digests: ReadonlySet<Digest>;
  /** Hex SHA-256 of the SPKI of every key that no signature may be from. */
  readonly keyIds: ReadonlySet<string>;
  /** Those of them that are there as keys: a signature by one can be proven even where nothing trusts it. */
  readonly keys: readonly PublicKey[];
}

/** An image that is pulled from `from` was signed as `to`: whole leading components, `HOST[/PATH]`, folded. Rule: podman's remapIdentity. */
export interface Rename {
  readonly from: string;
  readonly to: string;
}

/** A whole trust policy, loaded: everything that it names was read and checked. */
export interface Policy {
  readonly rules: RuleIndex<Rule>;
  /** All rules in the order of the files, for listings. */
  readonly ruleList: readonly Rule[];
  /** What becomes of an image that no rule is for. */
  readonly fallback: 'deny' | 'allow';
  readonly refuse: Refusals;
  readonly renames: readonly Rename[];
  /** In the order of the files. */
  readonly catalogues: readonly TagCatalogue[];
  /** Hex SHA-256 over all that was read, trust material included: two policies that could answer differently differ in it. */
  readonly revision: string;
}

/** Refuses nothing. */
export const noRefusals: Refusals = { digests: new Set(), keyIds: new Set(), keys: [] };
