import { noRefusals, type Policy, parseImagePattern, type Requirement, type Rule, RuleIndex } from '@signet/verifier';
import { rule } from './evidence-data.ts';
import type { TestKey } from './signatures.ts';

/** One source of trust with these keys. */
export function trusting(...keys: readonly TestKey[]): Extract<Requirement, { kind: 'source' }> {
  return { kind: 'source', source: { name: 'team', keys: keys.map(({ publicKey }) => publicKey) } };
}

/** What rules say, by their pattern. */
export type Rules = Readonly<Record<string, Partial<Rule>>>;

/** A rule a pattern, named for it, that trusts `key`. */
export function policyOf(key: TestKey, rules: Rules, changes: Partial<Policy> = {}): Policy {
  const scoped = Object.entries(rules).map(([text, members]) => ({
    pattern: parseImagePattern(text),
    target: rule(trusting(key), { name: text, images: [text], ...members }),
  }));
  return {
    rules: new RuleIndex(scoped),
    ruleList: scoped.map(({ target }) => target),
    fallback: 'deny',
    refuse: noRefusals,
    renames: [],
    catalogues: [],
    revision: 'a'.repeat(64),
    ...changes,
  };
}
