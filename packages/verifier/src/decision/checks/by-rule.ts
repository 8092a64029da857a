import type { Evidence } from '../../evidence.ts';
import type { CheckName, Finding } from '../../finding.ts';
import type { Ruling } from '../../policy/ruling.ts';
import { checkAge } from './age.ts';
import { checkAnnotations } from './annotations.ts';
import { checkCondition } from './condition.ts';
import { checkTag } from './tag.ts';

const names: readonly CheckName[] = ['annotations', 'tag', 'age', 'condition'];

/** The finding with the rule's own checks made. What is not proven stays as it is: of who may not be trusted nothing more is asked. */
export function checkByRule(finding: Finding, ruling: Ruling, evidence: Pick<Evidence, 'asked'>): Finding {
  const { rule, atMs } = ruling;
  const { proven } = finding;
  if (rule === undefined || proven === undefined) return finding;
  const { asked } = evidence;
  const checks = [
    checkAnnotations(proven, rule),
    checkTag(proven, rule, asked.name),
    checkAge(proven, rule, atMs),
    checkCondition({ ...finding, proven }, rule, asked),
  ];
  const own = finding.checks.filter(({ name }) => !names.includes(name)); // another rule's, when a report is replayed
  return { ...finding, checks: [...own, ...checks] };
}
