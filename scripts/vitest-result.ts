import { readFileSync } from 'node:fs';

/** How many tests (or steps counted as tests) ended how. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/**
 * Counts a vitest run from its own JSON report. What the report cannot show as a failed test still counts as one failure each:
 * a file that could not be loaded, an exit code that says failure where no test failed (unhandled errors), no test at all, no report.
 */
export function countVitest(reportFile: string, exitCode: number): Counts {
  const report = readReport(reportFile);
  if (report === undefined) return { passed: 0, failed: 1, skipped: 0 };
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const file of report) {
    for (const status of file.statuses) counts[outcomeOf(status)] += 1;
    if (file.status === 'failed' && !file.statuses.includes('failed')) counts.failed += 1;
  }
  const ran = counts.passed + counts.failed > 0;
  if (!ran || (exitCode !== 0 && counts.failed === 0)) counts.failed += 1;
  return counts;
}

/** The closing line of `npm test`: `N passed, N failed`, with `, N skipped` when there are any. */
export function closingLine(counts: Counts): string {
  const skipped = counts.skipped === 0 ? '' : `, ${counts.skipped} skipped`;
  return `${counts.passed} passed, ${counts.failed} failed${skipped}`;
}

interface FileResult {
  readonly status: string;
  readonly statuses: readonly string[];
}

/** The files of the report, or undefined when there is none to be read: vitest died before it wrote one. */
function readReport(reportFile: string): readonly FileResult[] | undefined {
  try {
    const report: unknown = JSON.parse(readFileSync(reportFile, 'utf8'));
    return listOf(report, 'testResults').map((file) => ({
      status: textOf(file, 'status'),
      statuses: listOf(file, 'assertionResults').map((test) => textOf(test, 'status')),
    }));
  } catch {
    return undefined;
  }
}

/** An unknown status is a failure: better a wrong alarm than a test that nobody counts. */
function outcomeOf(status: string): keyof Counts {
  if (status === 'passed') return 'passed';
  return ['skipped', 'pending', 'todo', 'disabled'].includes(status) ? 'skipped' : 'failed';
}

function listOf(value: unknown, name: string): readonly unknown[] {
  const list = fieldOf(value, name);
  if (!Array.isArray(list)) throw new TypeError(`vitest's report: ${name} is no list`);
  return list;
}

function textOf(value: unknown, name: string): string {
  const text = fieldOf(value, name);
  return typeof text === 'string' ? text : '';
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? Object.entries(value).find(([key]) => key === name)?.[1]
    : undefined;
}
