import { escapeForTerminal } from './escape.ts';

/** What became of a test case; all but `passed` say why. */
export type JunitOutcome =
  | { readonly kind: 'passed' }
  | { readonly kind: 'skipped'; readonly message: string }
  | { readonly kind: 'failure' | 'error'; readonly type: string; readonly lines: readonly [string, ...string[]] };

/** One test case. */
export interface JunitCase {
  readonly name: string;
  readonly classname: string;
  readonly file?: string;
  readonly line?: number;
  readonly outcome: JunitOutcome;
}

/** Test cases that belong together. */
export interface JunitSuite {
  readonly name: string;
  readonly cases: readonly JunitCase[];
}

/** A document as JUnit's readers take it; texts from outside may be anything. */
export function junitDocument(name: string, suites: readonly JunitSuite[]): string {
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${attributes({ name, ...countsOf(suites.flatMap(({ cases }) => cases)) })}>`,
    ...suites.map(suiteText),
    '</testsuites>',
    '',
  ].join('\n');
}

function suiteText({ name, cases }: JunitSuite): string {
  return [`  <testsuite${attributes({ name, ...countsOf(cases) })}>`, ...cases.map(caseText), '  </testsuite>'].join(
    '\n',
  );
}

function countsOf(cases: readonly JunitCase[]): Readonly<Record<string, string>> {
  const kinds = Map.groupBy(cases, ({ outcome }) => outcome.kind);
  const count = (kind: JunitOutcome['kind']) => String(kinds.get(kind)?.length ?? 0);
  return { tests: String(cases.length), failures: count('failure'), errors: count('error'), skipped: count('skipped') };
}

function caseText({ name, classname, file, line, outcome }: JunitCase): string {
  const open = `    <testcase${attributes({
    name,
    classname,
    ...(file === undefined ? {} : { file }),
    ...(line === undefined ? {} : { line: String(line) }),
  })}`;
  return outcome.kind === 'passed' ? `${open}/>` : `${open}>\n      ${problem(outcome)}\n    </testcase>`;
}

function problem(outcome: Exclude<JunitOutcome, { readonly kind: 'passed' }>): string {
  if (outcome.kind === 'skipped') return `<skipped${attributes({ message: outcome.message })}/>`;
  const { kind, type, lines } = outcome;
  return `<${kind}${attributes({ type, message: lines[0] })}>${lines.map(escapeXml).join('\n')}</${kind}>`;
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
