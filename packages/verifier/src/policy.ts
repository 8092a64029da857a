import type { PublicKey } from '@signet/core';
import { PolicyError } from './errors.ts';
import type { Identity } from './finding.ts';
import type { TrustMaterial } from './format.ts';

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

/** What a command line with `--key` asks for. */
export interface KeyRuleOptions {
  readonly keys: readonly PublicKey[];
  /** How many of the keys must have signed; default 1. */
  readonly atLeast?: number;
  readonly tagBound?: boolean;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Not supported yet: log entries are verified from the keyless formats on. */
  readonly requireTlog?: boolean;
}

/**
 * The rule of `verify --key`: a source per key, one of them (or `atLeast` of them) must have signed.
 * @throws {PolicyError} POLICY_INVALID (no keys, `atLeast` out of reach), POLICY_UNSUPPORTED (`requireTlog`)
 */
export function ruleForKeys(options: KeyRuleOptions): Rule {
  const count = options.atLeast ?? 1;
  const keys = [...new Map(options.keys.map((key) => [key.id, key])).values()];
  if (options.requireTlog === true) {
    throw new PolicyError(
      'POLICY_UNSUPPORTED',
      'a transparency log entry was required, but log entries are not verified yet',
    );
  }
  if (keys.length === 0) throw new PolicyError('POLICY_INVALID', 'no key was given: nothing could be trusted');
  if (!Number.isSafeInteger(count) || count < 1 || count > keys.length) {
    throw new PolicyError('POLICY_INVALID', `${count} signers of ${keys.length} different keys cannot be asked for`);
  }
  const of = keys.map(
    (key): Requirement => ({ kind: 'source', source: { name: `key ${key.id.slice(0, 12)}`, keys: [key] } }),
  );
  return {
    name: 'keys',
    mode: 'enforce',
    require: count === 1 ? { kind: 'any', of } : { kind: 'atLeast', count, of },
    tag: options.tagBound === true ? 'bound' : 'any',
    annotations: options.annotations ?? {},
  };
}

/** Every source of the tree, once by name, in the order of the policy. */
export function sourcesOf(requirement: Requirement): readonly TrustSource[] {
  const all = requirement.kind === 'source' ? [requirement.source] : requirement.of.flatMap(sourcesOf);
  return [...new Map(all.map((source) => [source.name, source])).values()];
}

/** Everything that may prove a signer under this rule. */
export function trustOf(rule: Rule): TrustMaterial {
  const keys = sourcesOf(rule.require).flatMap((source) => source.keys);
  return { keys: [...new Map(keys.map((key) => [key.id, key])).values()] };
}

/** Whether this source trusts the signer. */
export function trusts(source: TrustSource, identity: Identity): boolean {
  return identity.kind === 'key' && source.keys.some((key) => key.id === identity.keyId);
}
