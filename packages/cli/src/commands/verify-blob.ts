import {
  type BlobEvidence,
  type BlobReport,
  escapeForTerminal,
  identityText,
  verifyBlobStream,
} from '@signet/verifier';
import { type Command, Option } from 'commander';
import { type Context, onRun } from '../command.ts';
import { CliError } from '../errors.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { inputPieces, isThere, readInput } from '../files.ts';
import type { Io } from '../io.ts';
import { readTrustedKeys } from '../key-file.ts';
import type { NotaryVerifyBlobFlags } from '../notary/verify-blob.ts';
import { addNotes } from '../notes.ts';
import { addTrustedKeyOptions, type TrustedKeyFlags } from '../options/keys.ts';
import { addOutputOptions, type OutputOptions, outputOptions, writeJson } from '../options/output.ts';
import { addBlobPolicyOptions } from '../options/policy.ts';
import { createStyle } from '../style.ts';

interface VerifyBlobFlags extends TrustedKeyFlags, NotaryVerifyBlobFlags {
  readonly format?: 'sigstore' | 'notary';
  readonly bundle?: string;
  readonly predicateType?: string;
}

/** `signet verify-blob` */
export function define(command: Command, context: Context): void {
  command
    .argument('<file>', 'the file that was signed (- for standard input)')
    .option(
      '--bundle <file>',
      'Sigstore bundle (default: FILE.sigstore.json where that is there; - for standard input)',
    )
    .option(
      '--signature <file>',
      'detached signature instead: its bytes, or base64 as openssl and cosign write it; with --policy that of notation (default: FILE.jws.sig or FILE.cose.sig; - for standard input)',
    )
    .option('--predicate-type <uri>', 'a statement that attests this of the file is wanted, not a bare signature');
  command.addOption(
    new Option('--format <format>', 'form of the signature (default: notary with --policy, else sigstore)').choices([
      'sigstore',
      'notary',
    ]),
  );
  addTrustedKeyOptions(command);
  addBlobPolicyOptions(command);
  addNotes(command, help);
  addOutputOptions(command);
  onRun<VerifyBlobFlags>(command, context, ([file = ''], flags, io) => run(file, flags, io));
}

const help = `
Exit codes: 0 verified, or allowed by its rule; 1 denied; 3 undecided (a responder or plugin gave no answer); 2 usage, or a file that cannot be read.
Notary signatures are verified by a policy: notation's trustpolicy.blob.json (the statement that --policy-name names, else the global one), or one of
Signet's with certificates (x509; the rule that --policy-name names, else the only one).

Examples:
  signet verify-blob --key release.pub app.tar.gz
  signet verify-blob --policy notation app.tar.gz
  signet verify-blob --policy notation --policy-name releases --signature app.cose.sig --user-metadata build=42 app.tar.gz
  signet verify-blob --policy policy.yaml --policy-name releases --media-type application/gzip app.tar.gz`;

async function run(file: string, flags: VerifyBlobFlags, io: Io): Promise<ExitCode> {
  const { policy } = flags;
  if (policy !== undefined || flags.format === 'notary') {
    const { verifyByNotary } = await import('../notary/verify-blob.ts');
    return await verifyByNotary(file, { ...flags, policy: neededPolicy(flags) }, io);
  }
  refusePolicyFlags(flags);
  const output = outputOptions(flags, io);
  const keys = await readTrustedKeys(flags, io);
  const evidence = await readEvidence(file, flags, io);
  const report = await verifyBlobStream({
    blob: inputPieces(file, io),
    evidence,
    keys,
    ...(flags.predicateType === undefined ? {} : { predicateType: flags.predicateType }),
  });
  if (output.json) writeJson(io, { version: 1, file, ...report });
  else io.stdout.write(render(file, report, output));
  return report.verdict === 'verified' ? EXIT.ok : EXIT.denied;
}

/** @throws {CliError} USAGE where something is for keys alone, or no policy is named */
function neededPolicy({ policy, format, key, bundle, predicateType }: VerifyBlobFlags): string {
  if (format === 'sigstore') throw new CliError('USAGE', '--policy is for Notary signatures: bundles need --key');
  const [other] = Object.entries({ key, bundle, 'predicate-type': predicateType }).find(([, value]) => value) ?? [];
  if (other !== undefined)
    throw new CliError('USAGE', `--${other} is for --format sigstore: a policy judges the others`);
  if (policy !== undefined) return policy;
  throw new CliError('USAGE', 'a Notary signature is verified by a policy, and none was named', {
    hint: "--policy notation, for notation's own; or --policy FILE",
  });
}

/** @throws {CliError} USAGE */
function refusePolicyFlags(flags: VerifyBlobFlags): void {
  const { policyName, trustStore, pluginConfig, mediaType, userMetadata, signature } = flags;
  const others = {
    ...{ 'policy-name': policyName, 'trust-store': trustStore, 'plugin-config': pluginConfig },
    ...{ 'media-type': mediaType, 'user-metadata': userMetadata },
  };
  const [given] = Object.entries(others).find(([, value]) => value !== undefined) ?? [];
  if (given !== undefined) throw new CliError('USAGE', `--${given} is for --policy, which is missing`);
  if (signature !== undefined && flags.format === undefined && /\.(?:jws|cose)\.sig$/i.test(signature))
    throw new CliError('USAGE', `${signature} is by its name a Notary signature, which is verified by a policy`, {
      hint: "--policy notation, for notation's own; or --policy FILE; or --format sigstore, if it is none",
    });
}

async function readEvidence(file: string, flags: VerifyBlobFlags, io: Io): Promise<BlobEvidence> {
  if (flags.bundle !== undefined && flags.signature !== undefined)
    throw new CliError('USAGE', '--bundle and --signature were given: one of them is wanted');
  if (flags.signature !== undefined && flags.predicateType !== undefined)
    throw new CliError('USAGE', 'a bare signature attests nothing: --predicate-type goes with --bundle');
  if (flags.signature !== undefined) return { kind: 'signature', bytes: await readInput(flags.signature, io) };
  const beside = `${file}.sigstore.json`;
  if (flags.bundle === undefined && !(await isThere(beside)))
    throw new CliError('USAGE', `where the signature is was not said, and ${beside} is not there`, {
      hint: '--bundle FILE, or --signature FILE',
    });
  return { kind: 'bundle', bytes: await readInput(flags.bundle ?? beside, io) };
}

function render(file: string, report: BlobReport, output: OutputOptions): string {
  const style = createStyle(output.color);
  const word = report.verdict === 'verified' ? style.good('verified') : style.bad('denied');
  const code = report.verdict === 'verified' ? '' : `  ${report.code}`;
  const lines = [
    `${word}  ${escapeForTerminal(file)}  ${report.digest}${code}`,
    `  why       ${escapeForTerminal(report.summary)}`,
    ...(report.identity === undefined ? [] : [`  signed    by ${escapeForTerminal(identityText(report.identity))}`]),
    ...(report.predicateType === undefined ? [] : [`  attests   ${escapeForTerminal(report.predicateType)}`]),
    ...(output.verbose
      ? report.checks.map((check) => `  ${check.result.padEnd(8)}  ${check.name}: ${escapeForTerminal(check.message)}`)
      : []),
  ];
  return `${lines.join('\n')}\n`;
}
