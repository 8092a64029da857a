import { escapeForTerminal } from './escape.ts';
import { type DocumentOptions, passes, type ReportOutcome, type ResultEntry } from './result-entry.ts';

/**
 * All results as JUnit XML: a suite for each file, a case for each use of an image. Denied is a failure, undecided an error; what was let
 * through unchecked or unverified is skipped, with the reason.
 */
export function toJunit(entries: readonly ResultEntry[], options: DocumentOptions): string {
  const suites = [...Map.groupBy(entries, ({ use }) => use?.place.file ?? 'images')];
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${attributes({ name: `signet verify ${options.version}`, ...countsOf(entries, options) })}>`,
    ...suites.map(([name, own]) => suite(name, own, options)),
    '</testsuites>',
    '',
  ].join('\n');
}

function suite(name: string, entries: readonly ResultEntry[], options: DocumentOptions): string {
  return [
    `  <testsuite${attributes({ name: name === '-' ? 'standard input' : name, ...countsOf(entries, options) })}>`,
    ...entries.map((entry) => testCase(entry, options)),
    '  </testsuite>',
  ].join('\n');
}

type Kind = 'passed' | 'failure' | 'error' | 'skipped';

function kindOf({ outcome }: ResultEntry, options: DocumentOptions): Kind {
  if (outcome.kind === 'failure') return 'error';
  if (outcome.verdict === 'verified') return 'passed';
  if (passes(outcome, options)) return 'skipped';
  return outcome.verdict === 'denied' ? 'failure' : 'error';
}

function countsOf(entries: readonly ResultEntry[], options: DocumentOptions): Readonly<Record<string, string>> {
  const kinds = Map.groupBy(entries, (entry) => kindOf(entry, options));
  const count = (kind: Kind) => String(kinds.get(kind)?.length ?? 0);
  return {
    tests: String(entries.length),
    failures: count('failure'),
    errors: count('error'),
    skipped: count('skipped'),
  };
}

function testCase(entry: ResultEntry, options: DocumentOptions): string {
  const { reference, use } = entry;
  const open = `    <testcase${attributes({
    name: use?.within === undefined ? reference : `${reference} (${use.within})`,
    classname: use === undefined ? 'images' : use.place.file,
    ...(use === undefined ? {} : { file: use.place.file, line: String(use.place.line) }),
  })}`;
  const kind = kindOf(entry, options);
  if (kind === 'passed') return `${open}/>`;
  return `${open}>\n      ${problem(kind, entry)}\n    </testcase>`;
}

function problem(kind: Kind, { outcome, use }: ResultEntry): string {
  if (outcome.kind === 'failure') return element(kind, outcome.code, [outcome.message]);
  const message = `${outcome.code}: ${outcome.summary}`;
  if (kind === 'skipped') return `<skipped${attributes({ message: `${allowedBy(outcome)}${message}` })}/>`;
  const place = use === undefined ? [] : [`at: ${use.place.file}:${use.place.line}:${use.place.column}`];
  return element(kind, outcome.code, [outcome.summary, ...detailsOf(outcome), ...place]);
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

function element(name: Kind, type: string, lines: readonly [string, ...string[]]): string {
  return `<${name}${attributes({ type, message: lines[0] })}>${lines.map(escapeXml).join('\n')}</${name}>`;
}

function attributes(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${escapeXml(value)}"`)
    .join('');
}

const named: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** On one line, visible, and well-formed: what XML 1.0 cannot hold is written out or gone. Rule: XML 1.0, 2.2 and 2.4. */
function escapeXml(text: string): string {
  const visible = escapeForTerminal(text, 2_000).replaceAll(/[\uFFFE\uFFFF]/g, '');
  return visible.replaceAll(/[&<>"']/g, (character) => named[character] ?? '');
}
