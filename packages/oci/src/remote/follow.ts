import { RegistryError } from '../errors.ts';
import { drain, headerOf } from './body.ts';
import type { WireAnswer } from './exchange.ts';
import { safeUrl } from './safe-url.ts';
import type { Transport, WireRequest } from './transport.ts';

/** The answer at the end of the redirects. `isForeign`: a redirect left the origin that was asked. */
export interface Followed {
  readonly answer: WireAnswer;
  readonly url: URL;
  readonly isForeign: boolean;
}

const redirectStatuses: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * Sends, and follows redirects of GET and HEAD. What names the caller (Authorization, Cookie, the client certificate) goes to the first
 * origin alone: once a redirect has left it, it is not sent again, not even back there. Rule: design.md 7.
 * @throws {RegistryError} REDIRECT_REFUSED, and what {@link Transport.send} throws
 */
export async function follow(transport: Transport, first: WireRequest, maxRedirects: number): Promise<Followed> {
  const seen = new Set([first.url.href]);
  let request = first;
  for (;;) {
    const answer = await transport.send(request);
    const isForeign = !request.isRegistry;
    if (!redirectStatuses.has(answer.status)) return { answer, url: request.url, isForeign };
    drain(answer);
    const next = checkRedirect(request, headerOf(answer.headers, 'location'));
    if (seen.has(next.href)) throw refused(request, 'it leads in a circle');
    if (seen.size > maxRedirects) throw refused(request, `more than ${maxRedirects} redirects`);
    seen.add(next.href);
    request = redirected(request, next);
  }
}

function checkRedirect(request: WireRequest, location: string | undefined): URL {
  if (request.method !== 'GET' && request.method !== 'HEAD')
    throw refused(request, `a ${request.method} is not redirected`);
  const next = location === undefined ? null : URL.parse(location, request.url.href);
  if (next === null) throw refused(request, 'it names no address');
  if (next.protocol !== 'https:' && next.protocol !== 'http:') throw refused(request, 'it leads out of HTTP');
  if (request.url.protocol === 'https:' && next.protocol !== 'https:')
    throw refused(request, 'it leads from https to http');
  // Credentials in an address would be the redirecting server's choice of what we say to another.
  next.username = '';
  next.password = '';
  next.hash = '';
  return next;
}

function redirected(request: WireRequest, url: URL): WireRequest {
  const isRegistry = request.isRegistry && url.origin === request.url.origin;
  if (isRegistry) return { ...request, url };
  const { authorization: _, cookie: __, ...headers } = request.headers;
  return { ...request, url, headers, isRegistry };
}

function refused(request: WireRequest, why: string): RegistryError {
  return new RegistryError(
    'REDIRECT_REFUSED',
    `redirect of ${request.method} ${safeUrl(request.url, request.isRegistry)}: ${why}`,
  );
}
