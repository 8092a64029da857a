import type { PublicKey } from '@signet/core';
import { sourcesOf } from './policy/rule.ts';
import type { Ruling } from './policy/ruling.ts';
import type { X509Trust } from './policy/x509-trust.ts';

/** A source that trusts certificates, and when is now: what expires is held against it. */
export interface NamedX509Trust extends X509Trust {
  readonly name: string;
  /** Milliseconds since 1970 UTC. */
  readonly atMs: number;
}

/** Everything that may prove a signer, gathered from the rule's sources. */
export interface TrustMaterial {
  readonly keys: readonly PublicKey[];
  /** Sources that trust certificates, by their names. Default: none. */
  readonly x509?: readonly NamedX509Trust[];
  /** Only keys that the envelope names are to be tried: the others cost more, and come later. Default: all. */
  readonly hintedOnly?: boolean;
}

/** Everything that may prove a signer: whom the rule trusts, and whom the policy refuses. */
export function trustOf({ rule, refuse, atMs }: Pick<Ruling, 'rule' | 'refuse' | 'atMs'>): TrustMaterial {
  const sources = rule === undefined ? [] : sourcesOf(rule.require);
  const keys = [...sources.flatMap((source) => source.keys), ...refuse.keys];
  const x509 = sources.flatMap(({ name, x509: trust }) => (trust === undefined ? [] : [{ ...trust, name, atMs }]));
  return {
    keys: [...new Map(keys.map((key) => [key.id, key])).values()],
    ...(x509.length === 0 ? {} : { x509 }),
  };
}
