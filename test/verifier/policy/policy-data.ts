import type { Policy, Rule } from '@signet/verifier';
import { parseImagePattern } from '../../../packages/verifier/src/policy/match/image-pattern.ts';
import { RuleIndex } from '../../../packages/verifier/src/policy/match/rule-index.ts';
import { rule, source } from '../evidence-data.ts';

/** A policy of these rules, each found by its `images`. */
export function policyOf(ruleList: readonly Rule[], changes: Partial<Policy> = {}): Policy {
  const scoped = ruleList.flatMap((target) =>
    (target.images ?? []).map((text) => ({ pattern: parseImagePattern(text), target })),
  );
  return {
    rules: new RuleIndex(scoped),
    ruleList,
    fallback: 'deny',
    refuse: { digests: new Set(), keyIds: new Set(), keys: [] },
    renames: [],
    catalogues: [],
    revision: 'f'.repeat(64),
    ...changes,
  };
}

/** A rule for these images that trusts one key. */
export function ruleFor(name: string, images: readonly string[], changes: Partial<Rule> = {}): Rule {
  return rule(source('release'), { name, images, ...changes });
}
