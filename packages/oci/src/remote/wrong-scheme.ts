import { RegistryError } from '../errors.ts';

/** What a server speaks that was spoken to in the other way. */
export type Spoken = 'https' | 'http';

/** OpenSSL's words for an answer that is no TLS: text, as HTTP servers send it, has no version number where one belongs. */
const noTls: ReadonlySet<string> = new Set(['ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_PACKET_LENGTH_TOO_LONG']);

/** What a failed connection tells of the server; undefined where it tells nothing. `code`: of the failure. */
export function spokenBy(cause: unknown, code: string, origin: string): Spoken | undefined {
  if (isTls(origin)) return noTls.has(code) ? 'http' : undefined;
  return saidAlert(cause) || (code === 'UND_ERR_SOCKET' && hasHeardNothing(cause)) ? 'https' : undefined;
}

/** The error that says so, in place of what the connection came to. */
export function wrongScheme(
  spoken: Spoken,
  origin: string,
  options: { readonly why?: string; readonly cause?: unknown },
): RegistryError {
  const { why, cause } = options;
  const told = spoken === 'https' ? 'was spoken to in plain HTTP, and seems to want TLS' : 'speaks plain HTTP, not TLS';
  const because = why === undefined ? '' : ` (${why})`;
  return new RegistryError('UNREACHABLE', `${origin} cannot be reached: it ${told}${because}`, { cause, spoken });
}

/**
 * Whether an answer over plain HTTP is that of a server for TLS: Go's (docker-registry, Harbor, …), nginx's or Apache's.
 * @throws {RegistryError} UNREACHABLE where it is
 */
export function refuseTlsServer(
  answer: { readonly status: number; readonly headers: object; readonly bytes: Uint8Array },
  { origin }: URL,
): void {
  if (answer.status !== 400 || isTls(origin)) return;
  const text = Buffer.from(answer.bytes.subarray(0, 4096)).toString('latin1');
  // Go's is without a single header, the length of its text included (and to HEAD there is no text).
  const isBare = Object.keys(answer.headers).length === 0;
  if (isBare || complaints.test(text)) throw wrongScheme('https', origin, { why: 'HTTP 400' });
}

const complaints = /plain HTTP request was sent to HTTPS port|plain HTTP to an SSL-enabled server port/;

function isTls(origin: string): boolean {
  return origin.startsWith('https:');
}

/** A TLS alert begins with its type and the version's first byte. undici keeps what it could not parse. Rule: RFC 8446, 5.1. */
function saidAlert(cause: unknown): boolean {
  const said = cause instanceof Error && 'data' in cause ? cause.data : undefined;
  return typeof said === 'string' && said.startsWith('\x15\x03');
}

/** Node's and other servers close a connection whose first bytes are no TLS. undici says how much was read of it. */
function hasHeardNothing(cause: unknown): boolean {
  const socket = cause instanceof Error && 'socket' in cause ? cause.socket : undefined;
  return typeof socket === 'object' && socket !== null && 'bytesRead' in socket && socket.bytesRead === 0;
}
