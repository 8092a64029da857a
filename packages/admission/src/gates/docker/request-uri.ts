import { AdmissionError } from '../../errors.ts';

/** Which endpoint of the Docker API a request is for, as the daemon itself takes it. */
export interface RequestTarget {
  /** Without the version, percent-decoded: `/images/create`. */
  readonly path: string;
  /** As it was sent. */
  readonly query: string;
}

/**
 * The daemon matches the decoded path, exactly; a path that is not in its simplest form it redirects, and that is refused here.
 * Rule: moby api/server/server.go, gorilla/mux
 * @throws {AdmissionError} REQUEST_INVALID
 */
export function parseRequestUri(uri: string): RequestTarget {
  // A fragment is none to the daemon, and `http://host/path` is a request to a proxy: no client writes either.
  if (!/^\/[!-~]*$/.test(uri) || uri.includes('#')) throw invalid('its address is not a path');
  const mark = uri.indexOf('?');
  const path = decodePart(mark === -1 ? uri : uri.slice(0, mark));
  if (path.includes('//') || /\/\.{1,2}(?:\/|$)/.test(path)) throw invalid('its path is not in the simplest form');
  return { path: path.replace(/^\/v[0-9.]+(?=\/)/, ''), query: mark === -1 ? '' : uri.slice(mark + 1) };
}

/**
 * The parameters of a query, each at most once: of two equal ones the daemon takes the first, and parameters that differ in case alone are
 * nobody's honest request. Rule: Go net/url ParseQuery
 * @throws {AdmissionError} REQUEST_INVALID
 */
export function parseQuery(query: string): ReadonlyMap<string, string> {
  if (query.includes(';')) throw invalid('its query has a semicolon'); // separates for some, not for others
  const parameters = new Map<string, string>();
  const seen = new Set<string>();
  for (const pair of query.split('&').filter((text) => text !== '')) {
    const equals = pair.indexOf('=');
    const [name, value] = equals === -1 ? [pair, ''] : [pair.slice(0, equals), pair.slice(equals + 1)];
    const key = decodePart(name.replaceAll('+', ' '));
    if (seen.has(key.toLowerCase())) throw invalid(`its query has ${JSON.stringify(key.slice(0, 40))} twice`);
    seen.add(key.toLowerCase());
    parameters.set(key, decodePart(value.replaceAll('+', ' ')));
  }
  return parameters;
}

/** Percent-decoded, once. Control characters are in no path and no parameter that is meant. */
function decodePart(text: string): string {
  let decoded: string;
  try {
    decoded = decodeURIComponent(text);
  } catch (cause) {
    throw invalid('its address has a wrong escape', cause);
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(decoded)) throw invalid('its address has a control character');
  return decoded;
}

function invalid(why: string, cause?: unknown): AdmissionError {
  return new AdmissionError('REQUEST_INVALID', `the request cannot be judged: ${why}`, { cause });
}
