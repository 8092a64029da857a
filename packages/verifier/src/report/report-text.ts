import type { Verdict } from '../decision/verdict.ts';
import { type Check, type Finding, type Identity, isAccepted } from '../finding.ts';
import { escapeForTerminal } from './escape.ts';
import { shortKey } from './key-name.ts';
import type { Report } from './report.ts';
import type { ImageUse } from './result-entry.ts';

/** How a report is written for people. */
export interface RenderOptions {
  /** Off unless told: the caller knows the terminal. */
  readonly color?: boolean;
  /** Every check of every signature, and all that was passed over. */
  readonly verbose?: boolean;
  /** Where the image is named; shown where there are any. */
  readonly uses?: readonly ImageUse[];
}

/** Of the findings of an image that is not verified, so many are shown unless `verbose`. */
const maxShown = 5;

const colors: Readonly<Record<Verdict, string>> = {
  verified: '\u001b[32m',
  denied: '\u001b[31m',
  undecided: '\u001b[33m',
};

/** The report as text: one line with the answer, then why, aligned. Everything from outside is escaped. Ends without a line end. */
export function renderReport(report: Report, options: RenderOptions = {}): string {
  const lines: (readonly [string, string])[] = [
    ...useLines(options),
    ['why', report.summary],
    ...(report.remedy === undefined ? [] : ([['do', report.remedy]] as const)),
    ...(report.verdict === 'verified' ? verifiedLines(report) : []),
    ...ruleLines(report),
    ...findingLines(report, options),
    ...report.gaps.map(({ what, code, message }) => ['gap', `${what} ${code}: ${message}`] as const),
    ...skippedLines(report, options),
  ];
  const rows = lines.map(([label, text]) => `  ${label.padEnd(8)}  ${escapeForTerminal(text)}`);
  return [headline(report, options), ...rows].join('\n');
}

/** Who signed, in a few words. */
export function identityText(identity: Identity): string {
  switch (identity.kind) {
    case 'key':
      return shortKey(identity.keyId);
    case 'x509':
      return `${identity.subject} (certified by ${identity.anchor})`;
    case 'keyless':
      return `${identity.subject} (${identity.issuer})`;
  }
}

function headline({ reference, digest, verdict, code, allowed }: Report, { color }: RenderOptions): string {
  const word = color === true ? `${colors[verdict]}${verdict}\u001b[0m` : verdict;
  const padding = ' '.repeat('undecided'.length - verdict.length);
  const pinned = digest === undefined ? reference : `${withoutDigest(reference)}@${digest}`;
  const note = verdict === 'verified' ? '' : `  ${code}${allowed ? ' (allowed by the rule)' : ''}`;
  return `${word}${padding}  ${escapeForTerminal(pinned)}${note}`;
}

/** That of an index, where a platform of it was asked: a reference has one digest. */
function withoutDigest(reference: string): string {
  return reference.replace(/@sha(?:256|512):[0-9a-f]+$/, '');
}

function useLines({ uses = [] }: RenderOptions): (readonly [string, string])[] {
  return uses.map(({ place: { file, line, column }, within }, at) => {
    const where = `${file}:${line}:${column}`;
    return [at === 0 ? 'at' : '', within === undefined ? where : `${where} (${within})`];
  });
}

function verifiedLines({ tag, findings }: Report): (readonly [string, string])[] {
  const accepted = findings.filter(isAccepted);
  const told = {
    bound: 'the signature names this tag',
    'repository-only': 'the signature names this repository; the tag is unchecked',
    'digest-only': 'the signature was not held against a tag: it is for the digest',
  };
  return [
    ...accepted.map(
      ({ proven, format, origin }) =>
        ['signed', `by ${proven === undefined ? '?' : identityText(proven.identity)} (${format}, ${origin})`] as const,
    ),
    ...(tag === undefined ? [] : ([['tag', told[tag]]] as const)),
  ];
}

function ruleLines({ rule, mode, sources, verdict }: Report): (readonly [string, string])[] {
  if (rule === undefined) return [];
  const answers = sources.map(({ source, answer }) => `${source}: ${answer}`).join(', ');
  return verdict === 'verified' && mode === 'enforce'
    ? []
    : [['rule', `${rule} (${mode})${answers === '' ? '' : `: ${answers}`}`]];
}

function findingLines({ findings, verdict }: Report, { verbose }: RenderOptions): (readonly [string, string])[] {
  if (verbose === true)
    return findings.flatMap((finding) => [['found', name(finding)] as const, ...finding.checks.map(checkLine)]);
  if (verdict === 'verified') return [];
  const shown = findings
    .slice(0, maxShown)
    .map((finding) => ['found', `${name(finding)}: ${failuresOf(finding)}`] as const);
  const rest = findings.length - shown.length;
  return rest === 0 ? shown : [...shown, ['found', `and ${rest} more (--verbose)`]];
}

function name({ format, origin, foundIn }: Finding): string {
  return `${format} ${origin} (${foundIn})`;
}

function checkLine({ name, result, code, message }: Check): readonly [string, string] {
  return ['', `${result.padEnd(7)}  ${name.padEnd(12)}  ${code}: ${message}`];
}

function failuresOf({ checks }: Finding): string {
  const failed = checks.filter(({ result }) => result === 'fail' || result === 'unknown');
  return failed.map(({ code, message }) => `${code}: ${message}`).join('; ') || 'nothing failed';
}

function skippedLines({ skipped, skippedTotal }: Report, { verbose }: RenderOptions): (readonly [string, string])[] {
  if (skippedTotal === 0) return [];
  if (verbose !== true) {
    const notable = skipped.filter(({ code }) => code !== 'OTHER_TYPE');
    const first = notable
      .slice(0, maxShown)
      .map(({ origin, code, message }) => ['passed', `${origin} ${code}: ${message}`] as const);
    return first;
  }
  const rest = skippedTotal - skipped.length;
  const all = skipped.map(({ origin, code, message }) => ['passed', `${origin} ${code}: ${message}`] as const);
  return rest === 0 ? all : [...all, ['passed', `and ${rest} more`]];
}
