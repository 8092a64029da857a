import type { PublicKey } from '@signet/core';
import { sourcesOf } from './policy/rule.ts';
import type { Ruling } from './policy/ruling.ts';

/** Everything that may prove a signer, gathered from the rule's sources. */
export interface TrustMaterial {
  readonly keys: readonly PublicKey[];
  /** Only keys that the envelope names are to be tried: the others cost more, and come later. Default: all. */
  readonly hintedOnly?: boolean;
}

/** Everything that may prove a signer: whom the rule trusts, and whom the policy refuses. */
export function trustOf({ rule, refuse }: Pick<Ruling, 'rule' | 'refuse'>): TrustMaterial {
  const trusted = rule === undefined ? [] : sourcesOf(rule.require).flatMap((source) => source.keys);
  return { keys: [...new Map([...trusted, ...refuse.keys].map((key) => [key.id, key])).values()] };
}
