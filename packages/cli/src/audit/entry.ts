import { asObject, decodeUtf8, parseJson } from '@signet/oci';
import { escapeForTerminal, identityText, type Report, type Verdict } from '@signet/verifier';
import { CliError, codeOf, exitCodeForCode, messageOf } from '../errors.ts';
import { EXIT, type ExitCode, exitCodeOf } from '../exit-codes.ts';
import type { Scope } from './scope.ts';

/** The first line of the results: what they are of. */
export interface HeadEntry {
  readonly kind: 'audit';
  readonly version: 1;
  readonly scope: Scope;
  /** The policy's revision. */
  readonly policy: string;
  readonly startedAt: string;
}

/** What came of one image, or of one repository whose tags could not be listed: what is needed of a report, and no more. */
export interface ResultEntry {
  readonly kind: 'image' | 'repository';
  readonly reference: string;
  /** `os/arch` where a manifest asks for one. */
  readonly platform?: string;
  readonly verdict: Verdict;
  /** Of docs/reasons.md, where there was a report; else of docs/errors.md. */
  readonly code: string;
  readonly allowed: boolean;
  /** There is no report: the reference is none, or its source could not be opened or listed. */
  readonly failed?: true;
  readonly digest?: string;
  readonly rule?: string;
  readonly mode?: string;
  readonly summary: string;
  readonly remedy?: string;
  /** Who signed, or which check failed; and what could not be read: one line each, the first ones. */
  readonly details: readonly string[];
  /** When it was verified, ISO 8601. */
  readonly at: string;
}

/** The last line: nothing is missing before it. */
export interface EndEntry {
  readonly kind: 'end';
  readonly images: number;
  readonly repositories: number;
  /** Tags that name signatures. */
  readonly passedOver: number;
  readonly endedAt: string;
}

export type Entry = HeadEntry | ResultEntry | EndEntry;

/** What an entry is of. */
export type Named = Pick<ResultEntry, 'kind' | 'reference' | 'platform'>;

/** For people, and no two entries of an audit have the same. */
export function nameOf({ reference, platform }: Omit<Named, 'kind'>): string {
  return platform === undefined ? reference : `${reference} (${platform})`;
}

/** So many details of an image are kept: nobody's signatures make the file large. */
const maxDetails = 8;
const maxDetail = 400;

/** A report as the results keep it. The order of evidence says nothing: details are sorted. */
export function toImageEntry({ reference, platform }: Named, report: Report): ResultEntry {
  const { verdict, code, allowed, digest, rule, mode, summary, remedy, atMs } = report;
  return {
    kind: 'image',
    reference,
    ...(platform === undefined ? {} : { platform }),
    verdict,
    code,
    allowed,
    ...(digest === undefined ? {} : { digest }),
    ...(rule === undefined ? {} : { rule }),
    ...(mode === undefined ? {} : { mode }),
    summary: cut(summary),
    ...(remedy === undefined ? {} : { remedy: cut(remedy) }),
    details: detailsOf(report),
    at: new Date(atMs).toISOString(),
  };
}

/** Without a report: undecided, and said why. */
export function toFailedEntry({ kind, reference, platform }: Named, error: unknown): ResultEntry {
  return {
    kind,
    reference,
    ...(platform === undefined ? {} : { platform }),
    verdict: 'undecided',
    code: codeOf(error) ?? 'INTERNAL',
    allowed: false,
    failed: true,
    summary: cut(kind === 'image' ? messageOf(error) : `its tags could not be listed: ${messageOf(error)}`),
    details: [],
    at: new Date().toISOString(),
  };
}

/** What the shell is told of it, as `verify` has it. `strict`: the verdict alone counts. */
export function codeForEntry({ verdict, code, allowed, failed }: ResultEntry, strict: boolean): ExitCode {
  if (failed === true) return exitCodeForCode(code);
  return allowed && !strict ? EXIT.ok : exitCodeOf[verdict];
}

function detailsOf({ findings, gaps, platforms = [] }: Report): readonly string[] {
  const signatures = findings.map(({ format, origin, checks, proven }) => {
    const failed = checks.filter(({ result }) => result === 'fail' || result === 'unknown');
    const by = proven === undefined ? '' : ` by ${identityText(proven.identity)}`;
    const why = failed.map((check) => `${check.code}: ${check.message}`).join('; ');
    return `${format} signature ${origin}${by}${why === '' ? '' : `: ${why}`}`;
  });
  const images = platforms
    .filter(({ verdict }) => verdict !== 'verified')
    .map(({ platform, digest, code, summary }) => `${platform} ${digest}: ${code}: ${summary}`);
  const unread = gaps.map(({ what, code, message }) => `could not be read: ${what} ${code}: ${message}`);
  const all = [...images, ...unread, ...signatures].map((text) => escapeForTerminal(text, maxDetail)).sort();
  const rest = all.length - maxDetails;
  return rest <= 0 ? all : [...all.slice(0, maxDetails), `and ${rest} more`];
}

function cut(text: string): string {
  return escapeForTerminal(text, maxDetail);
}

/** One line of the results. @throws {CliError} AUDIT_FILE */
export function parseEntry(line: Uint8Array, where: string): Entry {
  try {
    const value = asObject(parseJson(line), 'entry');
    if (isHead(value) || isResult(value) || isEnd(value)) return value;
  } catch (cause) {
    throw new CliError('AUDIT_FILE', `${where}: not a line of an audit: ${messageOf(cause)}`, { cause });
  }
  throw new CliError('AUDIT_FILE', `${where}: not a line of an audit: ${escapeForTerminal(start(line))}`);
}

function start(line: Uint8Array): string {
  return decodeUtf8(line).slice(0, 80);
}

type Members = Readonly<Record<string, unknown>>;

function isHead(value: object): value is HeadEntry {
  const { kind, version, policy, startedAt, scope }: Members = { ...value };
  return (
    kind === 'audit' && version === 1 && areTexts(policy, startedAt) && typeof scope === 'object' && scope !== null
  );
}

function isResult(value: object): value is ResultEntry {
  const {
    kind,
    reference,
    platform,
    verdict,
    code,
    allowed,
    failed,
    digest,
    rule,
    mode,
    summary,
    remedy,
    details,
    at,
  }: Members = { ...value };
  const optional = [platform, digest, rule, mode, remedy].filter((member) => member !== undefined);
  return (
    (kind === 'image' || kind === 'repository') &&
    areTexts(reference, code, summary, at, ...optional) &&
    (verdict === 'verified' || verdict === 'denied' || verdict === 'undecided') &&
    typeof allowed === 'boolean' &&
    (failed === undefined || failed === true) &&
    Array.isArray(details) &&
    areTexts(...details)
  );
}

function isEnd(value: object): value is EndEntry {
  const { kind, images, repositories, passedOver, endedAt }: Members = { ...value };
  return kind === 'end' && areTexts(endedAt) && [images, repositories, passedOver].every(Number.isSafeInteger);
}

function areTexts(...values: readonly unknown[]): boolean {
  return values.every((value) => typeof value === 'string');
}
