import { RegistryError } from '../errors.ts';
import type { Deadline } from './deadline.ts';
import { spokenBy, wrongScheme } from './wrong-scheme.ts';

/** `unsent`: no connection came about, so the request cannot have taken effect; `broken`: it may have; `fatal`: another try is no use. */
export type FailureKind = 'unsent' | 'broken' | 'fatal';

const unsentCodes: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'UND_ERR_CONNECT_TIMEOUT',
]);
const brokenCodes: ReadonlySet<string> = new Set([
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ECONNABORTED',
  'UND_ERR_SOCKET',
  'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
  'HPE_INVALID_EOF_STATE',
]);
const timeoutCodes: ReadonlySet<string> = new Set([
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
]);

const unknown = 'unknown error';

/** What kind of failure of the connection this error stands for. */
export function failureKind(error: RegistryError): FailureKind {
  const code = codeOf(error.cause);
  if (error.status !== undefined || code === undefined) return 'fatal';
  if (unsentCodes.has(code)) return 'unsent';
  return brokenCodes.has(code) ? 'broken' : 'fatal';
}

/** An error of the connection as ours. Messages name the origin and the code, nothing that was sent. */
export function toTransportError(cause: unknown, origin: string, deadline: Deadline): RegistryError {
  if (cause instanceof RegistryError) return cause;
  const ended = deadline.error(origin);
  if (ended !== undefined) return ended;
  const code = codeOf(cause) ?? unknown;
  if (timeoutCodes.has(code)) return new RegistryError('TIMEOUT', `${origin}: ${timeoutText(code)}`, { cause });
  const spoken = spokenBy(cause, code, origin);
  if (spoken !== undefined) return wrongScheme(spoken, origin, { ...(code === unknown ? {} : { why: code }), cause });
  if (isParserError(cause) || code === 'UND_ERR_HEADERS_OVERFLOW') {
    const why = codeOf(cause) === undefined ? '' : ` (${code})`;
    return new RegistryError('UNEXPECTED_ANSWER', `${origin} does not answer in proper HTTP${why}`, { cause });
  }
  const why = explainProxy(cause) ?? explain(code);
  return new RegistryError('UNREACHABLE', `${origin} cannot be reached: ${why}`, { cause });
}

/** The code of a system or undici error, of the first one where several addresses were tried. */
function codeOf(cause: unknown): string | undefined {
  if (typeof cause !== 'object' || cause === null) return undefined;
  if ('code' in cause && typeof cause.code === 'string') return cause.code;
  return cause instanceof AggregateError ? codeOf(cause.errors[0]) : undefined;
}

/** undici's `HPE_…`; some come without their code. */
function isParserError(cause: unknown): boolean {
  return cause instanceof Error && cause.name === 'HTTPParserError';
}

function timeoutText(code: string): string {
  if (code === 'UND_ERR_CONNECT_TIMEOUT') return 'no connection within the time limit';
  return code === 'UND_ERR_HEADERS_TIMEOUT' ? 'no answer within the time limit' : 'the answer stopped halfway';
}

/** undici tells what a proxy answered in its message alone. */
function explainProxy(cause: unknown): string | undefined {
  const text = cause instanceof Error ? cause.message : '';
  const status = /^Proxy (?:response|Authentication Required) \((\d{3})\)/.exec(text)?.[1];
  if (status === undefined) return undefined;
  return status === '407'
    ? 'the proxy wants a user and password, or others (HTTP 407)'
    : `the proxy makes no connection (HTTP ${status})`;
}

function explain(code: string): string {
  if (/SELF_SIGNED|UNABLE_TO|CERT_|ALTNAME|UNABLE_TO_VERIFY/.test(code))
    return `its TLS certificate is not trusted (${code})`;
  if (code === 'EPROTO' || code.startsWith('ERR_SSL')) return `TLS failed (${code})`;
  if (code === 'ENOTFOUND') return 'the host name is not known (ENOTFOUND)';
  if (brokenCodes.has(code)) return `the connection broke (${code})`;
  return code;
}
