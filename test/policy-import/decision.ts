import { parseRegistryReference } from '@signet/oci';
import type { ImportFormat, ImportOptions } from '@signet/policy-import';
import { PolicyError, parseImagePattern, RuleIndex } from '@signet/verifier';
import { type Written, type WrittenRule, written } from './convert.ts';

/** The rule that a converted policy chooses for a reference, `latest` filled in as the verifier does; `tagNames` is what its tag names. */
export function chosen(policy: Written, reference: string): WrittenRule | undefined {
  const index = new RuleIndex(
    policy.rules.flatMap((target) => target.images.map((image) => ({ pattern: parseImagePattern(image), target }))),
  );
  const parsed = parseRegistryReference(reference);
  const asked = parsed.tag === undefined && parsed.digest === undefined ? { ...parsed, tag: 'latest' } : parsed;
  const choice = index.choose(asked);
  if (choice.kind === 'ask-tag') throw new PolicyError('POLICY_INVALID', `${reference}: the tag would be asked`);
  return choice.kind === 'chosen' ? choice.by.target : undefined;
}

/** What is asked for a reference: `admit`, `deny`, or the requirement as JSON, with the mode where it is not enforce. */
export function answer(policy: Written, reference: string): string {
  const rule = chosen(policy, reference);
  if (rule === undefined) return policy.default === 'allow' ? 'admit' : 'deny';
  if (rule.mode === 'skip') return 'admit';
  const asked = rule.require === 'never' ? 'deny' : JSON.stringify(rule.require);
  return rule.mode === 'enforce' ? asked : `${rule.mode} ${asked}`;
}

/** {@link answer} of a policy that is converted first. */
export function answers(
  from: ImportFormat,
  source: unknown,
  options: ImportOptions = {},
): (reference: string) => string {
  const policy = written(from, source, options);
  return (reference) => answer(policy, reference);
}
