import type { Report } from './report.ts';

/** The published JSON form: report.schema.json. `version` grows when a member changes its meaning or goes; new members may come any time. */
export interface ReportJson extends Omit<Report, 'findings'> {
  readonly version: 1;
  readonly findings: readonly Omit<Report['findings'][number], 'keyChecks'>[];
}

/** A report as plain JSON data. Print it with toJsonText: texts from outside are in it. */
export function toReportJson(report: Report): ReportJson {
  const findings = report.findings.map(({ keyChecks: _, ...finding }) => finding);
  return { version: 1, ...report, findings };
}
