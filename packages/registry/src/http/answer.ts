import type { IncomingMessage, ServerResponse } from 'node:http';
import { type ApiError, type ErrorEntry, show } from '../errors.ts';

/** A finished answer. `body` left out: none; a stream is written by its handler itself. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | number | readonly string[]>>;
  readonly body?: string | Uint8Array;
}

const maxWarningBytes = 4096;
/** Unread bytes of a refused body up to which the connection is kept: reading them is cheaper than a new connection. */
const maxDrainBytes = 1024 * 1024;

/** Sends an answer with its `Content-Length`. A HEAD's body is left out but counted. */
export function send(response: ServerResponse, answer: Answer): void {
  const { status, headers = {}, body } = answer;
  const length = body === undefined ? 0 : typeof body === 'string' ? Buffer.byteLength(body) : body.length;
  const bodiless = status === 204 || status === 304;
  response.writeHead(status, {
    ...(bodiless || 'Content-Length' in headers ? {} : { 'Content-Length': length }),
    ...headers,
  } as Record<string, string | number | string[]>);
  response.end(body);
}

/** A 200 with a JSON body. */
export function sendJson(response: ServerResponse, value: unknown, headers: Answer['headers'] = {}): void {
  const body = typeof value === 'string' ? value : JSON.stringify(value);
  send(response, { status: 200, headers: { 'Content-Type': 'application/json', ...headers }, body });
}

/** Sends a failure as the spec's error body. Rule: distribution-spec 1.1, "Error Codes". */
export function sendError(request: IncomingMessage, response: ServerResponse, error: ApiError): void {
  sendErrors(request, response, { status: error.status, errors: error.errors, headers: error.headers });
}

interface Failure {
  readonly status: number;
  readonly errors: readonly ErrorEntry[];
  readonly headers?: Readonly<Record<string, string>>;
}

function sendErrors(request: IncomingMessage, response: ServerResponse, failure: Failure): void {
  const headers = { 'Content-Type': 'application/json', ...failure.headers };
  const body = JSON.stringify({ errors: failure.errors });
  send(response, { status: failure.status, headers: { ...headers, ...closing(request) }, body });
}

/** A refused upload is not read to its end: the connection goes instead. */
function closing(request: IncomingMessage): Record<string, string> {
  if (request.complete) return {};
  const length = Number(request.headers['content-length'] ?? Number.POSITIVE_INFINITY);
  return length <= maxDrainBytes ? {} : { Connection: 'close' };
}

/** `Warning` headers, at most 4096 bytes of them. Rule: distribution-spec 1.1, "Warnings". */
export function warningHeaders(texts: readonly string[]): { readonly Warning?: readonly string[] } {
  const warnings: string[] = [];
  let bytes = 0;
  for (const text of texts) {
    const warning = `299 - ${show(text)}`;
    bytes += Buffer.byteLength(warning);
    if (bytes > maxWarningBytes) break;
    warnings.push(warning);
  }
  return warnings.length === 0 ? {} : { Warning: warnings };
}
