import type { Verdict } from '../decision/verdict.ts';
import { type Check, type Finding, type Identity, isAccepted } from '../finding.ts';
import type { Place } from '../policy/place.ts';
import { timeText } from '../policy/time-text.ts';
import type { TagFacts } from '../trusted/trusted-tags.ts';
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
    ...catalogueLines(report),
    ...ruleLines(report, options),
    ...platformLines(report, options),
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
      return `${identity.subject} (certified by ${identity.anchor.slice(0, 12)})`;
    case 'keyless':
      return `${identity.subject} (${identity.issuer})`;
  }
}

function headline({ reference, digest, verdict, code, allowed, rule }: Report, { color }: RenderOptions): string {
  const word = color === true ? `${colors[verdict]}${verdict}\u001b[0m` : verdict;
  const padding = ' '.repeat('undecided'.length - verdict.length);
  const pinned = digest === undefined ? reference : `${withoutDigest(reference)}@${digest}`;
  const note =
    verdict === 'verified'
      ? ''
      : `  ${code}${allowed ? ` (allowed by ${rule === undefined ? 'default' : 'the rule'})` : ''}`;
  return `${word}${padding}  ${escapeForTerminal(pinned)}${note}`;
}

/** That of an index, where a platform of it was asked: a reference has one digest. */
function withoutDigest(reference: string): string {
  return reference.replace(/@sha(?:256|512):[0-9a-f]+$/, '');
}

function useLines({ uses = [] }: RenderOptions): (readonly [string, string])[] {
  return uses.map(({ place, within }, at) => {
    const where = placeText(place);
    return [at === 0 ? 'at' : '', within === undefined ? where : `${where} (${within})`];
  });
}

function verifiedLines({ tag, findings }: Report): (readonly [string, string])[] {
  const accepted = findings.filter(isAccepted);
  const told = {
    trusted: 'a signed catalogue says what this tag is',
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

/** Which catalogue was asked, and what is to be known of its answer. */
function catalogueLines({ catalogue }: Report): (readonly [string, string])[] {
  if (catalogue === undefined) return [];
  const { collection, issuedMs, expiresMs, atMs } = catalogue;
  const times = [
    ...(atMs === undefined ? [] : [`as of ${timeText(atMs)}`]),
    ...(issuedMs === undefined ? [] : [`catalogue issued ${timeText(issuedMs)}`]),
    ...(expiresMs === undefined ? [] : [`expires ${timeText(expiresMs)}`]),
  ];
  const asked = times.length === 0 ? collection : `${collection}: ${times.join(', ')}`;
  return [['tags', asked], ...notesOf(catalogue).map((text) => ['note', text] as const)];
}

function notesOf({
  drift,
  source,
  staleSource,
  cold,
  expired,
  superseded,
  freshness,
  stateSaved,
}: TagFacts): readonly string[] {
  return [
    ...(drift === undefined
      ? []
      : [`the registry's own tag names another image, ${drift}: what the catalogue says counts`]),
    ...(staleSource === true ? ['the registry shows less than was seen before: what was seen counts'] : []),
    ...(source === 'cache' && staleSource !== true
      ? ['the catalogue is one that was seen before: the registry shows none']
      : []),
    ...(expired === 'grace' ? ['the catalogue has expired, and is taken for a while yet (graceAfterExpiry)'] : []),
    ...(superseded === true
      ? ['the tag is another image by now; it was this one until not long ago (superseded)']
      : []),
    ...(freshness === 'bundle' ? ['the catalogue came by hand: its expiry did not count (freshness: bundle)'] : []),
    ...(cold === true ? ['nothing was known of this tag before: an older catalogue could not have been noticed'] : []),
    ...(stateSaved === false ? ['what was seen could not be kept'] : []),
  ];
}

/** A rule of a file is always named, with its place; that of the command line where it explains something. */
function ruleLines(report: Report, { verbose }: RenderOptions): (readonly [string, string])[] {
  const { rule, mode, ruleAt, sources, verdict, policy } = report;
  const revision = verbose === true && policy !== undefined ? ([['policy', policy]] as const) : [];
  if (rule === undefined || (ruleAt === undefined && verdict === 'verified' && mode === 'enforce'))
    return [...revision];
  const where = ruleAt === undefined ? '' : `, ${placeText(ruleAt)}`;
  const answers = sources.map(({ source, answer }) => `${source}: ${answer}`).join(', ');
  return [['rule', `${rule} (${mode}${where})${answers === '' ? '' : `: ${answers}`}`], ...revision];
}

/** Those that are not verified, all when verbose. */
function platformLines({ platforms = [] }: Report, { verbose }: RenderOptions): (readonly [string, string])[] {
  const width = Math.max(0, ...platforms.map(({ platform }) => platform.length));
  return platforms
    .filter(({ verdict }) => verbose === true || verdict !== 'verified')
    .map(({ platform, digest, verdict, code, summary }, at) => {
      const why = verdict === 'verified' ? summary : `${code}: ${summary}`;
      return [at === 0 ? 'platform' : '', `${platform.padEnd(width)}  ${verdict.padEnd(9)}  ${digest}  ${why}`];
    });
}

function placeText({ file, line, column }: Place): string {
  return `${file}:${line}:${column}`;
}

function findingLines({ findings, verdict }: Report, { verbose }: RenderOptions): (readonly [string, string])[] {
  if (verbose === true)
    return findings.flatMap((finding) => [['found', name(finding)] as const, ...finding.checks.flatMap(checkLines)]);
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

function checkLines({ name, result, code, message, certificate, notes = [] }: Check): (readonly [string, string])[] {
  const why = certificate === undefined ? code : `${code} (${certificate})`;
  return [
    ['', `${result.padEnd(7)}  ${name.padEnd(12)}  ${why}: ${message}`],
    ...notes.map((note) => ['', `${' '.repeat(7)}  ${'note'.padEnd(12)}  ${note}`] as const),
  ];
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
