import type { Authorizer } from '../auth/authorizer.ts';
import { RegistryError } from '../errors.ts';
import type { ReadOptions } from '../store.ts';
import { answerError } from './answer-error.ts';
import { headerOf } from './body.ts';
import type { Answer, Call, Caller } from './caller.ts';
import { startDeadline } from './deadline.ts';
import type { Settings } from './options.ts';

/** What a registry shows of itself. `error`: why the base address did not answer 200. */
export interface Probe {
  readonly registry: string;
  readonly url: string;
  readonly isReachable: boolean;
  /** Status of `GET /v2/`, after authentication. */
  readonly status?: number;
  /** How it asked for credentials; `none`: it did not. */
  readonly auth: 'none' | 'basic' | 'bearer';
  readonly isAuthorized: boolean;
  readonly apiVersion?: string;
  readonly server?: string;
  /** The registry's clock (`Date`, in whole seconds) less this machine's, in milliseconds. */
  readonly clockOffsetMs?: number;
  /** Whether it shows its catalogue to us. */
  readonly hasCatalog: boolean;
  readonly error?: RegistryError;
}

interface Parts {
  readonly settings: Settings;
  readonly caller: Caller;
  readonly authorizer: Authorizer;
  readonly registry: string;
  readonly base: URL;
}

/** Two requests: the API's base address, then the first line of the catalogue. */
export async function probeRegistry(parts: Parts, options: ReadOptions = {}): Promise<Probe> {
  const { registry, base, authorizer } = parts;
  const facts = { registry, url: base.origin };
  try {
    const answer = await parts.caller.call(callFor(parts, '/v2/', options));
    const isAuthorized = answer.status === 200;
    const server = headerOf(answer.headers, 'server');
    const apiVersion = headerOf(answer.headers, 'docker-distribution-api-version');
    const clockOffsetMs = clockOffset(answer, parts.settings.now());
    return {
      ...facts,
      isReachable: true,
      status: answer.status,
      auth: authorizer.schemeOf(base) ?? 'none',
      isAuthorized,
      ...(apiVersion === undefined ? {} : { apiVersion: apiVersion.slice(0, 80) }),
      ...(server === undefined ? {} : { server: server.slice(0, 80) }),
      ...(clockOffsetMs === undefined ? {} : { clockOffsetMs }),
      hasCatalog: isAuthorized && (await hasCatalog(parts, options)),
      ...(isAuthorized ? {} : { error: answerError(answer, registry, answer.secrets) }),
    };
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error;
    const isReachable = !['UNREACHABLE', 'TIMEOUT', 'ABORTED'].includes(error.code);
    const auth = authorizer.schemeOf(base) ?? 'none';
    return { ...facts, isReachable, auth, isAuthorized: false, hasCatalog: false, error };
  }
}

const datePattern = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/** Undefined for a Date that is none or that a cache has kept. Rule: RFC 9110, 5.6.7 and 6.6.1; RFC 9111, 5.1. */
function clockOffset({ headers }: Pick<Answer, 'headers'>, nowMs: number): number | undefined {
  const date = headerOf(headers, 'date');
  if (date === undefined || !datePattern.test(date) || headers.age !== undefined) return undefined;
  const statedMs = Date.parse(date);
  // The middle of the second that is stated.
  return Number.isNaN(statedMs) ? undefined : Math.round(statedMs + 500 - nowMs);
}

async function hasCatalog(parts: Parts, options: ReadOptions): Promise<boolean> {
  const call = { ...callFor(parts, '/v2/_catalog?n=1', options), scopes: ['registry:catalog:*'] };
  try {
    return (await parts.caller.call(call)).status === 200;
  } catch (error) {
    // A fact, not a failure: the catalogue cannot be read.
    if (error instanceof RegistryError) return false;
    throw error;
  }
}

function callFor({ settings, registry, base }: Parts, path: string, options: ReadOptions): Call {
  return {
    method: 'GET',
    url: new URL(path, base),
    registry,
    base,
    scopes: [],
    maxBytes: options.maxBytes ?? settings.limits.maxManifestBytes,
    deadline: startDeadline(settings.timeouts.totalMs, options.signal),
  };
}
