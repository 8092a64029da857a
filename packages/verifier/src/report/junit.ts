import { type JunitOutcome, junitDocument } from './junit-document.ts';
import { type DocumentOptions, passes, type ReportOutcome, type ResultEntry } from './result-entry.ts';

/**
 * All results as JUnit XML: a suite for each file, a case for each use of an image. Denied is a failure, undecided an error; what was let
 * through unchecked or unverified is skipped, with the reason.
 */
export function toJunit(entries: readonly ResultEntry[], options: DocumentOptions): string {
  const byFile = Map.groupBy(entries, ({ use }) => use?.place.file ?? 'images');
  const suites = [...byFile].map(([file, own]) => ({
    name: file === '-' ? 'standard input' : file,
    cases: own.map((entry) => ({
      name: nameOf(entry),
      classname: file,
      ...(entry.use === undefined ? {} : { file, line: entry.use.place.line }),
      outcome: outcomeOf(entry, options),
    })),
  }));
  return junitDocument(`signet verify ${options.version}`, suites);
}

function nameOf({ reference, use }: ResultEntry): string {
  return use?.within === undefined ? reference : `${reference} (${use.within})`;
}

function outcomeOf({ outcome, use }: ResultEntry, options: DocumentOptions): JunitOutcome {
  if (outcome.kind === 'failure') return { kind: 'error', type: outcome.code, lines: [outcome.message] };
  if (outcome.verdict === 'verified') return { kind: 'passed' };
  const { code, summary, verdict } = outcome;
  if (passes(outcome, options)) return { kind: 'skipped', message: `${allowedBy(outcome)}${code}: ${summary}` };
  const place = use === undefined ? [] : [`at: ${use.place.file}:${use.place.line}:${use.place.column}`];
  return {
    kind: verdict === 'denied' ? 'failure' : 'error',
    type: code,
    lines: [summary, ...detailsOf(outcome), ...place],
  };
}

function allowedBy({ code, mode }: ReportOutcome): string {
  return code === 'NOT_CHECKED' || mode === undefined ? '' : `allowed (${mode}): `;
}

function detailsOf({ remedy, digest, rule, rulePlace }: ReportOutcome): readonly string[] {
  const where = rulePlace === undefined ? '' : ` (${rulePlace.file}:${rulePlace.line})`;
  return [
    ...(remedy === undefined ? [] : [`what to do: ${remedy}`]),
    ...(digest === undefined ? [] : [`digest: ${digest}`]),
    ...(rule === undefined ? [] : [`rule: ${rule}${where}`]),
  ];
}
