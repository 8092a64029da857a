import { checkMediaType, type NotaryForm } from '@signet/core';
import {
  escapeForTerminal,
  identityText,
  judgeNotaryBlob,
  type NotaryBlobReport,
  type Ruling,
  toNotaryBlobReport,
} from '@signet/verifier';
import { CliError } from '../errors.ts';
import { EXIT, type ExitCode, exitCodeOf } from '../exit-codes.ts';
import { inputPieces, isThere, readInput } from '../files.ts';
import type { Io } from '../io.ts';
import { parseAnnotationFlags, type UserMetadataFlags } from '../options/keys.ts';
import { type OutputFlags, type OutputOptions, outputOptions, writeJson } from '../options/output.ts';
import type { PluginConfigFlags } from '../options/policy.ts';
import { createStyle } from '../style.ts';
import { callWitnesses } from '../verify/witnesses.ts';
import { type BlobRuleFlags, namesText, readBlobRule } from './blob-rule.ts';

/** What `signet verify-blob` is told of a Notary signature. */
export interface NotaryVerifyBlobFlags extends BlobRuleFlags, PluginConfigFlags, UserMetadataFlags, OutputFlags {
  readonly signature?: string;
  readonly mediaType?: string;
}

/**
 * Verifies a file with a Notary signature by a policy. Rule: wire-formats 8.1, 9
 * @throws {CliError} USAGE, FILE_UNREADABLE; {PolicyError}; {EnvelopeError} MEDIA_TYPE_INVALID
 */
export async function verifyByNotary(
  file: string,
  flags: NotaryVerifyBlobFlags & { readonly policy: string },
  io: Io,
): Promise<ExitCode> {
  const output = outputOptions(flags, io);
  const userMetadata = parseAnnotationFlags({ userMetadata: flags.userMetadata ?? [] });
  if (flags.mediaType !== undefined) checkMediaType(flags.mediaType);
  const { policy, rule, names } = await readBlobRule(flags.policy, flags, io);
  if (rule === undefined && !output.quiet) io.stderr.write(`${escapeForTerminal(noRule(flags, names))}\n`);
  const ruling: Ruling = {
    ...(rule === undefined ? {} : { rule: { ...rule, askedAnnotations: userMetadata } }),
    fallback: 'deny', // what a policy allows without a rule are images
    refuse: policy.refuse,
    revision: policy.revision,
    atMs: Date.now(),
  };
  const signature = rule === undefined || rule.mode === 'skip' ? {} : await readSignature(file, flags, io);
  const judged = await judgeNotaryBlob({
    file,
    blob: inputPieces(file, io),
    ...signature,
    ...(flags.mediaType === undefined ? {} : { mediaType: flags.mediaType }),
    ruling,
    witnesses: callWitnesses(flags, io),
    signal: io.signal,
  });
  const report = toNotaryBlobReport(judged);
  if (output.json) writeJson(io, { version: 1, file, ...report });
  else io.stdout.write(render(file, report, output));
  return report.allowed ? EXIT.ok : exitCodeOf[report.verdict];
}

function noRule({ policy, policyName }: BlobRuleFlags, names: readonly string[]): string {
  const what = policyName === undefined ? 'nothing for files without a name' : `no rule ${JSON.stringify(policyName)}`;
  return `note: the policy ${policy} has ${what}: --policy-name NAME chooses one; ${namesText(names)}`;
}

interface Signature {
  readonly signature: Uint8Array;
  readonly form?: NotaryForm;
}

/** The form is told by the name, as with notation; other names are Signet's, and there by the content. @throws {CliError} USAGE, FILE_UNREADABLE */
async function readSignature(file: string, flags: NotaryVerifyBlobFlags, io: Io): Promise<Signature> {
  const path = flags.signature ?? (await besideOf(file));
  const form = formOfName(path);
  return { signature: await readInput(path, io), ...(form === undefined ? {} : { form }) };
}

async function besideOf(file: string): Promise<string> {
  const places = [`${file}.jws.sig`, `${file}.cose.sig`];
  const there = await Promise.all(places.map(isThere));
  const [found, ...more] = places.filter((_, at) => there[at]);
  if (found !== undefined && more.length === 0) return found;
  const why = found === undefined ? `${places.join(' and ')} are not there` : `${places.join(' and ')} are both there`;
  throw new CliError('USAGE', `where the signature is was not said, and ${why}`, { hint: '--signature FILE' });
}

/** Of `FILE.jws.sig` and `FILE.cose.sig`. */
export function formOfName(path: string): NotaryForm | undefined {
  const [, form] = /\.(jws|cose)\.sig$/i.exec(path) ?? [];
  return form?.toLowerCase() === 'jws' ? 'jws' : form === undefined ? undefined : 'cose';
}

function render(file: string, report: NotaryBlobReport, output: OutputOptions): string {
  const style = createStyle(output.color);
  const paint = { verified: style.good, denied: style.bad, undecided: style.doubt }[report.verdict];
  const allowed = report.verdict !== 'verified' && report.allowed ? ' (allowed by the rule)' : '';
  const code = report.verdict === 'verified' ? '' : `  ${report.code}${allowed}`;
  const rows: readonly (readonly [string, string])[] = [
    ['why', report.summary],
    ...(report.rule === undefined ? [] : ([['rule', report.rule]] as const)),
    ...(report.identity === undefined ? [] : ([['signed', `by ${identityText(report.identity)}`]] as const)),
    ...(report.signed === undefined ? [] : ([['as', `${report.signed.mediaType}, ${report.signed.digest}`]] as const)),
    ...Object.entries(report.annotations ?? {}).map(([name, value]) => ['says', `${name}=${value}`] as const),
    ...report.checks
      .filter(({ result }) => output.verbose || result === 'warn')
      .map(({ name, result, message }) => [result, `${name}: ${message}`] as const),
  ];
  const lines = rows.map(([label, text]) => `  ${label.padEnd(8)}  ${escapeForTerminal(text)}`);
  return `${[`${paint(report.verdict)}  ${escapeForTerminal(file)}  ${report.digest}${code}`, ...lines].join('\n')}\n`;
}
