import {
  type ImagePattern,
  type Policy,
  parseImagePattern,
  patternsOverlap,
  type Rule,
  sourcesOf,
} from '@signet/verifier';

/**
 * The rules for images of these repositories that count signatures of this key, by name: what the key signs because such a rule was met
 * could have met it.
 */
export function rulesMetBy(keyId: string, policy: Policy, repositories: readonly ImagePattern[]): readonly string[] {
  return policy.ruleList
    .filter((rule) => repositories.some((each) => isFor(rule, each)))
    .filter(({ require }) => sourcesOf(require).some(({ keys }) => keys.some(({ id }) => id === keyId)))
    .map(({ name }) => name);
}

/** Those of the repositories that no rule is for, or only such as verify nothing: nothing could ever be signed there. */
export function unruled(policy: Policy, repositories: readonly ImagePattern[]): readonly string[] {
  const verifying = policy.ruleList.filter(({ mode }) => mode !== 'skip');
  return repositories.filter((each) => !verifying.some((rule) => isFor(rule, each))).map(({ text }) => text);
}

function isFor({ images = [] }: Rule, repository: ImagePattern): boolean {
  return images.some((text) => patternsOverlap(parseImagePattern(text), repository));
}
