import type { PublicKey } from '@signet/core';
import { type Rule, sourcesOf } from './policy/rule.ts';

/** Everything that may prove a signer, gathered from the rule's sources. */
export interface TrustMaterial {
  readonly keys: readonly PublicKey[];
  /** Only keys that the envelope names are to be tried: the others cost more, and come later. Default: all. */
  readonly hintedOnly?: boolean;
}

/** Everything that may prove a signer under this rule. */
export function trustOf(rule: Rule): TrustMaterial {
  const keys = sourcesOf(rule.require).flatMap((source) => source.keys);
  return { keys: [...new Map(keys.map((key) => [key.id, key])).values()] };
}
