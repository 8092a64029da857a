import type { RegistryError } from '@signet/oci';
import { escapeForTerminal } from '@signet/verifier';
import { EXIT, type ExitCode } from './exit-codes.ts';

/** What is wrong with a call of the program itself. docs/errors.md explains each; tests keep both equal. */
export type CliErrorCode =
  | 'USAGE'
  | 'FILE_UNREADABLE'
  | 'FILE_UNWRITABLE'
  | 'FILE_EXISTS'
  | 'PASSWORD_NEEDED'
  | 'EXAMPLE_KEY'
  | 'LOGIN_REFUSED'
  | 'NO_CATALOGUE'
  | 'AUDIT_DIFFERS'
  | 'AUDIT_FILE'
  | 'AUDIT_IN_USE'
  | 'PORT_UNAVAILABLE'
  | 'DEMO_FAILED'
  | 'SOCKET_UNSAFE'
  | 'INPUT_UNREAD'
  | 'INPUT_UNPINNED'
  | 'DIGEST_LEFT'
  | 'SIGNATURES_UNREAD'
  | 'DOCKER_FAILED'
  | 'CERTIFICATES_UNFIT'
  | 'KEY_STORE_INVALID'
  | 'KEY_NOT_NAMED'
  | 'PLUGIN_SOURCE'
  | 'PLUGIN_INSTALLED'
  | 'PLUGIN_DIGEST'
  | 'PLUGIN_DOWNLOAD'
  | 'TIMESTAMP_FAILED'
  | 'INTERRUPTED';

/** A call that cannot be carried out. The hint says what to do. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly code: CliErrorCode;
  readonly hint?: string;
  /** That of another program, with which the whole call ends as well. */
  readonly exitCode?: number;

  constructor(code: CliErrorCode, message: string, options?: { cause?: unknown; hint?: string; exitCode?: number }) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    if (options?.hint !== undefined) this.hint = options.hint;
    if (options?.exitCode !== undefined) this.exitCode = options.exitCode;
  }
}

/** Codes of all packages that mean something else than "undecided", which is what an error means that is not listed. */
const exitCodes: Readonly<Record<string, ExitCode>> = {
  USAGE: EXIT.usage,
  FILE_UNREADABLE: EXIT.usage,
  FILE_UNWRITABLE: EXIT.usage,
  FILE_EXISTS: EXIT.usage,
  PASSWORD_NEEDED: EXIT.usage,
  EXAMPLE_KEY: EXIT.usage,
  LOGIN_REFUSED: EXIT.denied,
  AUDIT_DIFFERS: EXIT.usage,
  AUDIT_FILE: EXIT.usage,
  AUDIT_IN_USE: EXIT.usage,
  PORT_UNAVAILABLE: EXIT.usage,
  DEMO_FAILED: EXIT.denied,
  SOCKET_UNSAFE: EXIT.usage,
  INPUT_UNREAD: EXIT.undecided,
  INPUT_UNPINNED: EXIT.undecided,
  DIGEST_LEFT: EXIT.denied,
  SIGNATURES_UNREAD: EXIT.undecided,
  DOCKER_FAILED: EXIT.undecided,
  CERTIFICATES_UNFIT: EXIT.usage,
  CERTIFICATE_MALFORMED: EXIT.usage,
  NAME_INVALID: EXIT.usage,
  PLUGIN_SOURCE: EXIT.usage,
  PLUGIN_INSTALLED: EXIT.usage,
  PLUGIN_DIGEST: EXIT.denied,
  PLUGIN_NAME_INVALID: EXIT.usage,
  PLUGIN_NOT_FOUND: EXIT.usage,
  PLUGIN_FILE_UNFIT: EXIT.usage,
  PLUGIN_INCAPABLE: EXIT.usage,
  PLUGIN_CONTRACT: EXIT.denied,
  INTERRUPTED: EXIT.interrupted,
  REFERENCE_INVALID: EXIT.usage,
  DIGEST_INVALID: EXIT.usage,
  LAYOUT_INVALID: EXIT.usage,
  CREDENTIALS: EXIT.usage,
  ENVELOPE_MALFORMED: EXIT.usage,
  ENVELOPE_UNSUPPORTED: EXIT.usage,
  PAYLOAD_MALFORMED: EXIT.usage,
  ANNOTATION_INVALID: EXIT.usage,
  MEDIA_TYPE_INVALID: EXIT.usage,
  BLOB_IS_PAYLOAD: EXIT.usage,
  PLATFORM_INVALID: EXIT.usage,
  LIMIT_INVALID: EXIT.usage,
  ROOT_IN_USE: EXIT.usage,
  ROOT_INVALID: EXIT.usage,
  HTPASSWD_INVALID: EXIT.usage,
  OPTIONS_INVALID: EXIT.usage,
  SERVER_INVALID: EXIT.usage,
  CLUSTER_API_FAILED: EXIT.usage,
  SOCKET_IN_USE: EXIT.usage,
  ENGINE_CONFIG: EXIT.usage,
  REQUEST_INVALID: EXIT.usage,
  REQUEST_UNSUPPORTED: EXIT.usage,
  SUBJECT_CHANGED: EXIT.denied,
  SIGNATURE_SELF_CHECK: EXIT.denied,
  SIGNATURE_INVALID: EXIT.denied,
  CONFLICT: EXIT.denied,
  CATALOGUE_MISSING: EXIT.denied,
  CATALOGUE_NOT_TRUSTED: EXIT.denied,
  COLLECTION_MISMATCH: EXIT.denied,
  TAG_NOT_SIGNED: EXIT.denied,
  CATALOGUE_MALFORMED: EXIT.denied,
  CATALOGUE_TOO_LARGE: EXIT.denied,
  HEAD_MALFORMED: EXIT.denied,
  DCT_QUESTION_INVALID: EXIT.usage,
  DCT_UNREADABLE: EXIT.usage,
  DCT_MALFORMED: EXIT.denied,
  DCT_TOO_LARGE: EXIT.denied,
  DCT_MISMATCH: EXIT.denied,
  DCT_NOT_SIGNED: EXIT.denied,
  DCT_EXPIRED: EXIT.denied,
  DCT_ROLLBACK: EXIT.denied,
  DCT_ROOT_CERTIFICATE: EXIT.denied,
  DCT_ROOT_NOT_TRUSTED: EXIT.denied,
  HEAD_MISSING: EXIT.denied,
  HEAD_TOO_OLD: EXIT.denied,
  CATALOGUE_NEWER: EXIT.denied,
  SIGNER_NOT_TRUSTED: EXIT.denied,
  OPERATION_REFUSED: EXIT.denied,
  WRITER_COLD: EXIT.usage,
  CATALOGUE_EXISTS: EXIT.usage,
  JOURNAL_TOO_LARGE: EXIT.usage,
  RECEIPT_INVALID: EXIT.usage,
  STATE_INVALID: EXIT.usage,
  STATE_REFUSED: EXIT.usage,
};

/** Families of codes that are always the caller's: keys, policies, inputs. */
const usageFamilies = /^(?:KEY|POLICY|WORKLOAD)_/;

/** What to try, by code, where the error brought no hint of its own. */
const hints: Readonly<Record<string, string>> = {
  REFERENCE_INVALID:
    'write REGISTRY/REPOSITORY:TAG, REGISTRY/REPOSITORY@sha256:…, or oci:FOLDER:TAG for an image layout on disk',
  UNAUTHORIZED: 'log in with: signet login REGISTRY',
  FORBIDDEN: 'this account may not do that there; log in with another one: signet login REGISTRY',
  CREDENTIALS: 'check the registry configuration (DOCKER_CONFIG, --registry-config) and its credential helper',
  UNREACHABLE:
    'check the name, the network and proxy settings; --plain-http for a registry without TLS, --ca-file for a private CA',
  TIMEOUT: 'try again, or give it more time with --timeout',
  THROTTLED: 'the registry limits the rate; try again later, or lower --concurrency',
  NOT_FOUND: 'check repository (or folder) and tag; a private repository may need: signet login REGISTRY',
  KEY_PASSWORD_NEEDED: 'set SIGNET_PASSWORD, or use --password-file FILE',
  KEY_PASSWORD_WRONG: 'check SIGNET_PASSWORD (or COSIGN_PASSWORD), or the file of --password-file',
  SUBJECT_CHANGED: 'look at the image that the tag names now, then sign that digest: REPOSITORY:TAG@DIGEST',
  CONFLICT: 'somebody else wrote at the same time; try again',
  DCT_FILE_MISSING: 'read from the server; or do without that file, and what it proves: --allow-missing',
  DCT_EXPIRED: 'read from the server, which renews its timestamp; where the service has ended: --allow-expired',
  CATALOGUE_MISSING: 'begin with: signet tags init REPOSITORY',
  HEAD_MISSING: 'where there never was a catalogue: signet tags init REPOSITORY',
  WRITER_COLD:
    'keep the folder of --state between runs, or hand in the receipt of an earlier run, --after FILE; or go on without: --cold',
  CATALOGUE_EXISTS: 'publish into it: signet tags publish; signet tags list shows what it holds',
  SIGNER_NOT_TRUSTED: 'sign with the key that the policy names: signedBy of its catalogue',
  CLOCK_DIFFERS: 'set the clock of this machine; where that of the registry is wrong: --ignore-date',
  UNSUPPORTED: 'signet doctor REFERENCE says what the registry can do',
};

/** By what the server speaks. */
const schemeHints: Readonly<Record<NonNullable<RegistryError['spoken']>, string>> = {
  http: 'for a registry without TLS: --plain-http',
  https: 'for a registry with TLS leave --plain-http out; on this machine also name its CA: --ca-file FILE',
};

/** The exit code that this error stands for. */
export function exitCodeForError(error: unknown): ExitCode {
  const code = codeOf(error);
  return code === undefined ? EXIT.undecided : exitCodeForCode(code);
}

/** The same for the code alone, as results that were written keep it. */
export function exitCodeForCode(code: string): ExitCode {
  return exitCodes[code] ?? (usageFamilies.test(code) ? EXIT.usage : EXIT.undecided);
}

/** `error[CODE]: message`, then a hint where there is one, then with `verbose` the chain of causes. All of it escaped. */
export function renderError(
  error: unknown,
  options: { readonly verbose?: boolean; readonly subject?: string } = {},
): string {
  const code = codeOf(error) ?? 'INTERNAL';
  const { subject } = options;
  const message = messageOf(error);
  const text = subject === undefined || message.includes(subject) ? message : `${subject}: ${message}`;
  const lines = [`error[${escapeForTerminal(code)}]: ${escapeForTerminal(text)}`];
  const hint = hintOf(error, code);
  if (hint !== undefined) lines.push(`hint: ${escapeForTerminal(hint)}`);
  if (options.verbose === true) lines.push(...causesOf(error));
  return `${lines.join('\n')}\n`;
}

/** Errors of the language and of Node: their codes (ENOENT, ERR_…) are none of ours. */
const builtIn = /^(?:Error|(?:Aggregate|Eval|Range|Reference|Syntax|System|Type|URI|Abort)Error)$/;

/** The stable code of a typed error of any package; undefined for an exception nobody planned. */
export function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || builtIn.test(error.name) || !('code' in error)) return undefined;
  return typeof error.code === 'string' && /^[A-Z][A-Z0-9_]{1,40}$/.test(error.code) ? error.code : undefined;
}

/** The message alone, unescaped. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function hintOf(error: unknown, code: string): string | undefined {
  if (error instanceof Error && 'hint' in error && typeof error.hint === 'string') return error.hint;
  const spoken = spokenIn(error);
  if (spoken !== undefined) return schemeHints[spoken];
  if (code === 'INTERNAL') return 'this is a fault of signet; run it again with --verbose and report what it says';
  return hints[code];
}

/** Without the class of the error: the program's start would have to load it. */
function spokenIn(error: unknown): RegistryError['spoken'] {
  const spoken = error instanceof Error && 'spoken' in error ? error.spoken : undefined;
  return spoken === 'http' || spoken === 'https' ? spoken : undefined;
}

function causesOf(error: unknown): string[] {
  const lines: string[] = [];
  let cause = error instanceof Error ? error.cause : undefined;
  for (let depth = 0; cause !== undefined && depth < 8; depth++) {
    const code = codeOf(cause);
    lines.push(`  caused by: ${code === undefined ? '' : `[${code}] `}${escapeForTerminal(messageOf(cause))}`);
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  if (codeOf(error) === undefined && error instanceof Error && error.stack !== undefined) {
    lines.push(
      ...error.stack
        .split('\n')
        .slice(1, 12)
        .map((line) => `  ${escapeForTerminal(line.trim())}`),
    );
  }
  return lines;
}
