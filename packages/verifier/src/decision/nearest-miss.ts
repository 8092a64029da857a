import type { CheckName, Finding } from '../finding.ts';
import type { ReportCode } from './verdict.ts';

/** The rule's own checks, nearest first, with the word for an image that fails by them alone. */
const misses: readonly (readonly [CheckName, ReportCode])[] = [
  ['tag', 'TAG_MISMATCH'],
  ['annotations', 'ANNOTATION_MISMATCH'],
  ['age', 'SIGNATURE_TIME'],
  ['condition', 'CONDITION_FAILED'],
];

/** What stands between these findings and a yes: the first check whose failures alone do, or the first of several. Explains a no, never makes one. */
export function nearestMiss(findings: readonly Finding[], isMet: (some: readonly Finding[]) => boolean): ReportCode {
  const without = (names: readonly CheckName[]) =>
    isMet(
      findings.filter(({ checks }) => checks.every(({ name, result }) => result !== 'fail' || names.includes(name))),
    );
  for (const [name, code] of misses) if (without([name])) return code;
  const all = misses.map(([name]) => name);
  if (without(all)) {
    for (const [name, code] of misses) if (!without(all.filter((other) => other !== name))) return code;
  }
  return findings.every(isNoSignature) ? 'NO_SIGNATURE' : 'NOT_TRUSTED';
}

/** An attestation or something else that does not sign the image. */
function isNoSignature(finding: Finding): boolean {
  return finding.checks.some(({ code }) => code === 'NOT_A_SIGNATURE');
}
