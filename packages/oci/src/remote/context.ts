import { repositoryScope } from '../auth/scope.ts';
import type { Digest } from '../digest.ts';
import { manifestMediaTypes } from '../media-types.ts';
import { answerError } from './answer-error.ts';
import type { Answer, Call, Caller } from './caller.ts';
import { type Deadline, startDeadline } from './deadline.ts';
import type { Settings } from './options.ts';

/** How a registry lists the referrers of one repository, once an answer has shown it. */
export type ReferrersSupport = 'api' | 'tag';

/** What the parts of a remote repository share. */
export interface RepositoryContext {
  readonly settings: Settings;
  readonly caller: Caller;
  readonly registry: string;
  readonly base: URL;
  readonly repository: string;
  readonly memory: SupportMemory;
}

/** What was seen of referrers support, by repository. */
export interface SupportMemory {
  get(key: string): ReferrersSupport | undefined;
  set(key: string, support: ReferrersSupport): void;
}

/** A request below the repository's address. */
export interface ApiRequest {
  readonly method: Call['method'];
  /** Below `/v2/REPOSITORY/`, or an address that the registry gave. */
  readonly target: string | URL;
  readonly actions: 'pull' | 'pull,push' | 'delete,pull';
  readonly scopes?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Call['body'];
  readonly maxBytes?: number;
  readonly deadline: Deadline;
  readonly idempotent?: boolean;
  readonly retryNotFound?: number;
  readonly once?: boolean;
}

/** What is asked for on every manifest request: registries convert or say 404 otherwise. Rule: wire-formats 2.7. */
export const manifestAccept: string = manifestMediaTypes.join(', ');

/** The request with all that the repository adds to it. */
export function toCall(context: RepositoryContext, request: ApiRequest): Call {
  const { target, actions, scopes = [], body, headers, idempotent, retryNotFound, once } = request;
  return {
    method: request.method,
    url: typeof target === 'string' ? new URL(`/v2/${context.repository}/${target}`, context.base) : target,
    registry: context.registry,
    base: context.base,
    repository: context.repository,
    scopes: [repositoryScope(context.repository, actions), ...scopes],
    maxBytes: request.maxBytes ?? context.settings.limits.maxManifestBytes,
    deadline: request.deadline,
    ...(headers === undefined ? {} : { headers }),
    ...(body === undefined ? {} : { body }),
    ...(idempotent === undefined ? {} : { idempotent }),
    ...(retryNotFound === undefined ? {} : { retryNotFound }),
    ...(once === undefined ? {} : { once }),
  };
}

/** Sends it. Any status is an answer. @throws {RegistryError} for what is no answer */
export function send(context: RepositoryContext, request: ApiRequest): Promise<Answer> {
  return context.caller.call(toCall(context, request));
}

/** @throws {RegistryError} by the status, unless it is one of `good` */
export function expectStatus(answer: Answer, good: readonly number[], what: string): void {
  if (!good.includes(answer.status)) throw answerError(answer, what, answer.secrets);
}

/** `registry/repository:tag` or `@digest`, for messages. */
export function nameOf(context: RepositoryContext, tagOrDigest: string | Digest): string {
  return `${context.registry}/${context.repository}${tagOrDigest.includes(':') ? '@' : ':'}${tagOrDigest}`;
}

/** The time limit of an operation on small things. */
export function shortDeadline(context: RepositoryContext, signal: AbortSignal | undefined): Deadline {
  return startDeadline(context.settings.timeouts.totalMs, signal);
}

/** Bytes a second below which a transfer counts as stuck, whatever the registry's pauses are. */
const minBytesPerSecond = 16_384;

/** The time limit of a transfer of so many bytes: a sender cannot draw it out with a byte now and then. */
export function transferDeadline(context: RepositoryContext, size: number, signal: AbortSignal | undefined): Deadline {
  return startDeadline(context.settings.timeouts.totalMs + (size / minBytesPerSecond) * 1000, signal);
}
