import type { PublicKey } from '@signet/core';
import { PolicyError } from '../errors.ts';
import type { Requirement } from './requirement.ts';
import type { Rule } from './rule.ts';

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
