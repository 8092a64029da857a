import { type Resolved, unlessMissing } from '@signet/oci';
import type { Asked } from '../evidence.ts';
import type { AskedImage, Choice } from './match/rule-index.ts';
import type { Policy } from './policy.ts';
import type { Rule } from './rule.ts';

/** The rule for an image, and what its tag named if that had to be asked: who goes on must go on with that. */
export interface ChosenRule {
  readonly rule?: Rule;
  readonly resolved?: Resolved;
}

/**
 * The one rule that decides about an image. `resolveTag` is asked at most once, and only where the rule turns on what the tag names now.
 * @throws what `resolveTag` throws, but for a tag that is not there: that names nothing. Rule: design.md 6
 */
export async function chooseRule(
  { rules }: Pick<Policy, 'rules'>,
  asked: Asked,
  resolveTag: (tag: string) => Promise<Resolved>,
): Promise<ChosenRule> {
  const image = askedImage(asked);
  if (image === undefined) return {};
  const first = rules.choose(image);
  if (first.kind !== 'ask-tag') return ruleOf(first);
  const resolved = await unlessMissing(resolveTag(asked.tag ?? 'latest'));
  const second = rules.choose({ ...image, tagNames: resolved?.descriptor.digest ?? null });
  return { ...ruleOf(second), ...(resolved === undefined || asked.digest !== undefined ? {} : { resolved }) };
}

/** As rules see it. An image in a layout has the name that the caller says, or none: then no rule is for it. */
export function askedImage({ image, name, tag, digest }: Asked): AskedImage | undefined {
  if (image !== undefined)
    return { ...image, ...(tag === undefined ? {} : { tag }), ...(digest === undefined ? {} : { digest }) };
  if (name === undefined) return undefined;
  const slash = name.repository.indexOf('/');
  return {
    registry: name.repository.slice(0, slash),
    repository: name.repository.slice(slash + 1),
    ...(name.tag === undefined ? {} : { tag: name.tag }),
  };
}

function ruleOf(choice: Choice<Rule>): ChosenRule {
  return choice.kind === 'chosen' ? { rule: choice.by.target } : {};
}
