import type { Report } from './report.ts';
import type { ImageUse } from './result-entry.ts';

/** The published JSON form: report.schema.json. `version` grows when a member changes its meaning or goes; new members may come any time. */
export interface ReportJson extends Omit<Report, 'findings'> {
  readonly version: 1;
  readonly findings: readonly Omit<Report['findings'][number], 'keyChecks'>[];
  /** Where the image is named, where a file names it: then there is one document for each place. */
  readonly use?: ImageUse;
}

/** A report as plain JSON data. Print it with toJsonText: texts from outside are in it. */
export function toReportJson(report: Report, use?: ImageUse): ReportJson {
  const findings = report.findings.map(({ keyChecks: _, ...finding }) => finding);
  return { version: 1, ...(use === undefined ? {} : { use }), ...report, findings };
}
