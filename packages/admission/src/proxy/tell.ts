import { ApiError } from '@signet/registry';
import { escapeForTerminal } from '@signet/verifier';
import type { Outcome } from '../review/outcome.ts';
import type { Logger } from '../server/logger.ts';

/** What is known of a request while it is answered; headers and bodies are never in it. */
export interface Seen {
  endpoint: string;
  readonly method: string;
  /** `registry/repository` */
  image?: string;
  /** Tag or digest, as it was asked. */
  reference?: string;
  /** Of a manifest that was judged just now. */
  outcome?: Outcome;
  /** Counts it. */
  readonly end: (endpoint: string, status: number | 'broken') => void;
}

/** One line of the log, and the counters. */
export function tell(logger: Logger, seen: Seen, status: number): void {
  const { outcome } = seen;
  seen.end(seen.endpoint, status);
  // Let through though it was looked at and is not verified.
  const isSuspect = outcome !== undefined && outcome.verdict !== 'verified' && outcome.code !== 'NOT_CHECKED';
  const said = outcome === undefined ? {} : { verdict: outcome.verdict, code: outcome.code, rule: outcome.rule };
  logger[isSuspect ? 'warn' : 'debug']({ ...factsOf(seen), status, ...said }, 'served');
}

/** The same of a request that failed. `cause`: what `failure` is the answer to. */
export function tellFailure(logger: Logger, seen: Seen, { failure, cause, isBegun }: Failing): void {
  const answered = failure instanceof ApiError ? failure : undefined;
  const status = answered?.status ?? 500;
  const reason = failure instanceof Error ? escapeForTerminal(failure.message) : 'unknown';
  const line = { ...factsOf(seen), ...(isBegun ? {} : { status }), code: answered?.errors[0]?.code, reason };
  seen.end(seen.endpoint, isBegun ? 'broken' : status);
  if (isClientGone(cause)) logger.debug(line, 'the client went away');
  else logger[levelOf(isBegun ? 500 : status)](line, isBegun ? 'broken off' : 'refused');
}

/** How a request failed. */
interface Failing {
  readonly failure: unknown;
  readonly cause: unknown;
  /** The head of the answer was sent: its connection is broken off. */
  readonly isBegun: boolean;
}

/** Its going away ends what is read for it, and node may tell of both at once. */
function isClientGone(cause: unknown): boolean {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return code === 'ABORTED' || code === 'ERR_STREAM_PREMATURE_CLOSE';
}

/** What clients ask for in passing, and what people should see. */
function levelOf(status: number): 'debug' | 'info' | 'warn' {
  if (status === 401 || status === 404) return 'debug';
  return status >= 500 ? 'warn' : 'info';
}

function factsOf({ endpoint, method, image, reference }: Seen) {
  return { endpoint, method, image, reference: reference?.slice(0, 200) };
}
