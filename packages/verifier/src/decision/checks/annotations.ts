import type { Check, Proven } from '../../finding.ts';
import type { Rule } from '../../policy/rule.ts';

/** Each asked annotation stands in the signed payload with exactly this value. Rule: wire-formats 5.3 step 7. */
export function checkAnnotations(proven: Proven, rule: Rule): Check {
  const check = { name: 'annotations', rule: 'design.md 5' } as const;
  const wanted = [...Object.entries(rule.annotations), ...Object.entries(rule.askedAnnotations ?? {})];
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
