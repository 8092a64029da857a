import type { Readable } from 'node:stream';
import type { AuthNeed, Authorizer } from '../auth/authorizer.ts';
import { parseChallenges } from '../auth/challenge.ts';
import { contentLength, drain, headerOf, readBody } from './body.ts';
import type { Deadline } from './deadline.ts';
import type { WireHeaders } from './exchange.ts';
import { type Followed, follow } from './follow.ts';
import type { Settings } from './options.ts';
import { type RetryRule, withRetries } from './retry.ts';
import type { Transport } from './transport.ts';
import { refuseTlsServer } from './wrong-scheme.ts';

/** One request of the distribution API, with all that surrounds it: authentication, redirects, retries, bounds. */
export interface Call {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'PATCH' | 'DELETE';
  readonly url: URL;
  /** Registry and repository whose credentials count. */
  readonly registry: string;
  readonly base: URL;
  readonly repository?: string;
  readonly scopes: readonly string[];
  /** See {@link AuthNeed}. */
  readonly isBeside?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
  /** A stream can be sent only once: such a call is never repeated. */
  readonly body?: Uint8Array | Readable;
  readonly maxBytes: number;
  readonly deadline: Deadline;
  /** Default: by the method; an upload's PUT and PATCH, which change a session, say false. */
  readonly idempotent?: boolean;
  readonly retryNotFound?: number;
  /** Never repeated: neither a stream can be, nor a write that must not arrive late. */
  readonly once?: boolean;
}

/** An answer, read whole. `attempts`: how many requests it took; `secrets`: what no message may repeat. */
export interface Answer {
  readonly status: number;
  readonly headers: WireHeaders;
  readonly url: URL;
  readonly bytes: Uint8Array;
  readonly attempts: number;
  readonly secrets: readonly string[];
}

/** An answer whose body is still to be read. Only a 2xx comes this way; others are in `answer`. */
export type OpenAnswer =
  | { readonly kind: 'open'; readonly followed: Followed }
  | { readonly kind: 'whole'; readonly answer: Answer };

export interface Caller {
  /** @throws {RegistryError} for what is no answer at all: any status is an answer */
  call(call: Call): Promise<Answer>;
  open(call: Call): Promise<OpenAnswer>;
}

export function createCaller(parts: {
  readonly settings: Settings;
  readonly transport: Transport;
  readonly authorizer: Authorizer;
}): Caller {
  const { settings } = parts;
  return {
    call: (call) =>
      withRetries(ruleOf(call), { settings, deadline: call.deadline, outcomeOf }, async (attempt) => {
        const authorised = await sendAuthorised(call, attempt, parts);
        return readWhole(call, authorised, attempt);
      }),
    open: (call) =>
      withRetries(
        ruleOf(call),
        {
          settings,
          deadline: call.deadline,
          outcomeOf: (open: OpenAnswer) => (open.kind === 'open' ? {} : outcomeOf(open.answer)),
        },
        async (attempt): Promise<OpenAnswer> => {
          const authorised = await sendAuthorised(call, attempt, parts);
          const { status } = authorised.followed.answer;
          if (status >= 200 && status < 300) return { kind: 'open', followed: authorised.followed };
          return { kind: 'whole', answer: await readWhole(call, authorised, attempt) };
        },
      ),
  };
}

interface Authorised {
  readonly followed: Followed;
  readonly sent: string | undefined;
}

/** Enough for a first challenge and one wider scope. */
const maxChallenges = 2;

async function sendAuthorised(
  call: Call,
  attempt: number,
  parts: Parameters<typeof createCaller>[0],
): Promise<Authorised> {
  const { settings, transport, authorizer } = parts;
  const need: AuthNeed = call;
  for (let challenged = 0; ; challenged += 1) {
    const isRegistry = call.url.origin === call.base.origin;
    const sent = isRegistry ? await authorizer.header(need) : undefined;
    const headers = { ...call.headers, ...(sent === undefined ? {} : { authorization: sent }) };
    const { method, url, deadline } = call;
    const request = {
      method,
      url,
      headers,
      deadline,
      isRegistry,
      attempt,
      ...(call.body === undefined ? {} : { body: call.body }),
    };
    const followed = await follow(transport, request, settings.limits.maxRedirects);
    const { answer, isForeign } = followed;
    // Only the registry itself may ask who we are.
    if (answer.status !== 401 || isForeign || challenged >= maxChallenges || isStream(call.body))
      return { followed, sent };
    if (!(await authorizer.refused(need, parseChallenges(challengeHeaders(answer.headers)), sent)))
      return { followed, sent };
    drain(answer);
  }
}

async function readWhole(call: Call, { followed, sent }: Authorised, attempts: number): Promise<Answer> {
  const { answer, url } = followed;
  const isGood = answer.status < 300;
  // An error is quoted in one line: more of it than this is not worth reading, and no reason to fail otherwise.
  const maxBytes = isGood ? call.maxBytes : 65_536;
  let bytes: Uint8Array = new Uint8Array();
  // The length that an answer to HEAD states is that of what is there, not of a body that comes.
  if (call.method !== 'HEAD' && (isGood || isShort(followed)))
    bytes = await readBody(answer, { maxBytes, origin: url.origin, deadline: call.deadline });
  else drain(answer);
  refuseTlsServer({ status: answer.status, headers: answer.headers, bytes }, url);
  return { status: answer.status, headers: answer.headers, url, bytes, attempts, secrets: secretsOf(sent) };
}

function isShort({ answer }: Followed): boolean {
  const declared = contentLength(answer.headers);
  return declared !== undefined && declared <= 65_536;
}

function ruleOf(call: Call): RetryRule {
  const idempotent = call.idempotent ?? (call.method !== 'POST' && call.method !== 'PATCH');
  return {
    idempotent,
    ...(isStream(call.body) || call.once === true ? { once: true } : {}),
    ...(call.retryNotFound === undefined ? {} : { retryNotFound: call.retryNotFound }),
  };
}

function outcomeOf(answer: Answer): { readonly status: number; readonly retryAfter: string | undefined } {
  return { status: answer.status, retryAfter: headerOf(answer.headers, 'retry-after') };
}

function challengeHeaders(headers: WireHeaders): readonly string[] {
  const value = headers['www-authenticate'];
  return value === undefined ? [] : typeof value === 'string' ? [value] : value;
}

/** The header's value, its credential part, and for Basic what is encoded there. */
function secretsOf(authorization: string | undefined): readonly string[] {
  const credential = authorization?.split(' ')[1];
  if (authorization === undefined || credential === undefined) return [];
  if (!authorization.startsWith('Basic ')) return [credential];
  const plain = Buffer.from(credential, 'base64').toString('utf8');
  return [credential, plain, plain.slice(plain.indexOf(':') + 1)];
}

function isStream(body: Call['body']): boolean {
  return body !== undefined && !(body instanceof Uint8Array);
}
