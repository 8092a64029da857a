import { type CaseResult, escapeForTerminal, type JunitSuite, toReportJson } from '@signet/verifier';
import type { Style } from '../style.ts';

/** The cases of one file with what came of them. */
export interface TableResults {
  readonly file: string;
  readonly results: readonly CaseResult[];
}

/** For people: the cases that failed (all when verbose), then how many passed. Ends with a line end. */
export function tableText({ file, results }: TableResults, style: Style, verbose: boolean): string {
  const shown = results.filter(({ mismatches }) => verbose || mismatches.length > 0);
  const failed = results.filter(({ mismatches }) => mismatches.length > 0).length;
  const sum = `${escapeForTerminal(file)}  ${results.length - failed} of ${results.length} cases as expected`;
  return [
    ...shown.flatMap((result) => caseLines(result, style)),
    `${failed === 0 ? style.good('ok    ') : style.bad('failed')}  ${sum}`,
    '',
  ].join('\n');
}

function caseLines({ case: each, report, mismatches }: CaseResult, style: Style): readonly string[] {
  const word = mismatches.length === 0 ? style.good('ok    ') : style.bad('failed');
  const place = `${each.place.file}:${each.place.line}:${each.place.column}`;
  const rows = mismatches.length === 0 ? [] : [...mismatches, `why: ${report.summary}`, ...ruleRow(report)];
  return [
    `${word}  ${escapeForTerminal(`${place}  ${each.name}`)}`,
    ...rows.map((row) => `          ${escapeForTerminal(row)}`),
  ];
}

function ruleRow({ rule, ruleAt }: CaseResult['report']): readonly string[] {
  if (rule === undefined) return [];
  return [`rule: ${rule}${ruleAt === undefined ? '' : ` (${ruleAt.file}:${ruleAt.line})`}`];
}

/** For programs: one document a case. */
export function caseJson({ case: each, report, mismatches }: CaseResult): unknown {
  return {
    version: 1,
    name: each.name,
    place: each.place,
    passed: mismatches.length === 0,
    mismatches,
    report: toReportJson(report),
  };
}

/** For CI. */
export function tableSuite({ file, results }: TableResults): JunitSuite {
  return {
    name: file,
    cases: results.map(({ case: each, report, mismatches: [first, ...others] }) => ({
      name: each.name,
      classname: file,
      file: each.place.file,
      line: each.place.line,
      outcome:
        first === undefined
          ? { kind: 'passed' }
          : { kind: 'failure', type: report.code, lines: [first, ...others, `why: ${report.summary}`] },
    })),
  };
}
