import { parseRegistryReference, RegistryError, type RegistryReference } from '@signet/oci';
import type { Asked, SignedName } from './evidence.ts';
import type { Check, Finding, Proven } from './finding.ts';
import { foldHost } from './policy/match/fold-host.ts';
import type { Rule } from './policy/rule.ts';

/** The finding with the rule's own conditions looked at: annotations and tag. What is not proven stays as it is. */
export function withConditions(finding: Finding, rule: Rule, asked: Asked): Finding {
  if (finding.proven === undefined) return finding;
  const checks = [checkAnnotations(finding.proven, rule), checkTag(finding.proven, rule, asked.name)];
  const own = finding.checks.filter(({ name }) => name !== 'annotations' && name !== 'tag'); // another rule's, when a report is replayed
  return { ...finding, checks: [...own, ...checks] };
}

/** Each asked annotation stands in the signed payload with exactly this value. Rule: wire-formats 5.3 step 7. */
export function checkAnnotations(proven: Proven, rule: Rule): Check {
  const check = { name: 'annotations', rule: 'design.md 5' } as const;
  const wanted = Object.entries(rule.annotations);
  if (wanted.length === 0)
    return { ...check, result: 'skip', code: 'NOT_ASKED', message: 'no annotation is asked for' };
  for (const [key, value] of wanted) {
    const signed = Object.hasOwn(proven.annotations, key) ? proven.annotations[key] : undefined;
    if (signed === value) continue;
    const got = signed === undefined ? 'it is not there' : `it says "${signed}"`;
    return {
      ...check,
      result: 'fail',
      code: 'ANNOTATION_MISMATCH',
      message: `annotation "${key}" must be "${value}": ${got}`,
    };
  }
  return { ...check, result: 'pass', code: 'OK', message: `${wanted.length} annotation(s) as asked` };
}

/**
 * `bound`: the signed reference names the asked repository and tag; without an asked tag the repository alone. Under `any` a mismatch
 * is told but not held against the signature. Rule: design.md 4.
 */
export function checkTag(proven: Proven, rule: Rule, name: SignedName | undefined): Check {
  const compared = compareTag(proven.signedReference, name);
  if (rule.tag === 'bound' || compared.result === 'pass') return compared;
  return { ...compared, result: 'skip', code: 'NOT_ASKED', message: `not asked for: ${compared.message}` };
}

function compareTag(signed: string | undefined, name: SignedName | undefined): Check {
  const fail = { name: 'tag', rule: 'design.md 4', result: 'fail' } as const;
  const pass = { ...fail, result: 'pass' } as const;
  if (signed === undefined) {
    return { ...fail, code: 'TAG_UNSIGNED', message: 'the signature names no reference: it holds for the digest only' };
  }
  if (name === undefined) {
    const message = `signed for ${signed}, but an image layout has no name to compare it with`;
    return { ...fail, code: 'TAG_NOTHING_TO_COMPARE', message };
  }
  const parsed = parseSigned(signed);
  const asked = name.tag === undefined ? name.repository : `${name.repository}:${name.tag}`;
  const mismatch = { ...fail, code: 'TAG_MISMATCH', message: `signed for ${signed}, asked ${asked}` } as const;
  if (parsed === undefined || !isSameRepository(`${parsed.registry}/${parsed.repository}`, name.repository))
    return mismatch;
  if (name.tag === undefined) {
    return {
      ...pass,
      code: 'TAG_UNCHECKED',
      message: `signed for ${signed}; no tag was asked, so the tag is unchecked`,
    };
  }
  return parsed.tag === name.tag ? { ...pass, code: 'OK', message: `signed for ${signed}, as asked` } : mismatch;
}

/** `HOST/NAME` twice, whatever the spelling of the host. Rule: design.md 6, folding. */
function isSameRepository(one: string, other: string): boolean {
  const [a, b] = [one, other].map((text) => {
    const slash = text.indexOf('/');
    return foldHost(text.slice(0, slash)) + text.slice(slash);
  });
  return a === b;
}

/** The signer's text folded as references are; undefined for what is none. */
function parseSigned(text: string): RegistryReference | undefined {
  try {
    return parseRegistryReference(text);
  } catch (error) {
    // Signed, but no reference: it names nothing that could have been asked.
    if (error instanceof RegistryError) return undefined;
    throw error;
  }
}
