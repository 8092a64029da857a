import { repositoryScope } from '../auth/scope.ts';
import { RegistryError } from '../errors.ts';
import type { ReadOptions } from '../store.ts';
import { answerError } from './answer-error.ts';
import type { Caller } from './caller.ts';
import { startDeadline } from './deadline.ts';
import { baseUrl } from './endpoint.ts';
import type { Settings } from './options.ts';
import { isLoopbackHost } from './proxy.ts';
import { safeUrl } from './safe-url.ts';

/** A document at a server that is not the registry itself, and is guarded as one: a trust server. */
export interface DocumentRequest {
  /** `https:`, or `http:` for this machine and where the client's `plainHttp` says so. */
  readonly url: URL;
  /** Whose credentials are shown when the server asks for some, as `docker` shows them to its trust server; a token of Microsoft Entra to the registry itself alone. */
  readonly registry: string;
  readonly repository: string;
  /** The name by which the server's tokens are asked for, to pull. */
  readonly scopeName: string;
}

/**
 * One GET, with all that surrounds a registry's: tokens, redirects, retries, bounds, time limits.
 * @throws {RegistryError} NOT_FOUND, UNAUTHORIZED, UNREACHABLE, TOO_LARGE, REFERENCE_INVALID for an address that is not asked, …
 */
export async function fetchDocument(
  { settings, caller }: { readonly settings: Settings; readonly caller: Caller },
  { url, registry, repository, scopeName }: DocumentRequest,
  options: ReadOptions = {},
): Promise<Uint8Array> {
  checkAddress(url, settings);
  const answer = await caller.call({
    method: 'GET',
    url,
    registry,
    base: new URL(url.origin),
    isBeside: url.origin !== baseUrl(registry, settings.options).origin,
    repository,
    scopes: [repositoryScope(scopeName, 'pull')],
    maxBytes: options.maxBytes ?? settings.limits.maxManifestBytes,
    deadline: startDeadline(settings.timeouts.totalMs, options.signal),
  });
  if (answer.status !== 200) throw answerError(answer, safeUrl(url, true), answer.secrets);
  return answer.bytes;
}

function checkAddress(url: URL, { options: { plainHttp } }: Settings): void {
  const isPlainAllowed =
    isLoopbackHost(url.hostname) || (typeof plainHttp === 'function' ? plainHttp(url.host) : plainHttp === true);
  const isAsked = url.protocol === 'https:' || (url.protocol === 'http:' && isPlainAllowed);
  if (isAsked && url.username === '' && url.password === '') return;
  const why = isAsked ? 'it holds credentials' : 'it is not https';
  throw new RegistryError('REFERENCE_INVALID', `the address ${safeUrl(url, true)} is not asked: ${why}`);
}
