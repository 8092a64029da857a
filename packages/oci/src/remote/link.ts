import { RegistryError } from '../errors.ts';
import type { Limits } from '../limits.ts';

const maxHeaderLength = 8192;
const linkPattern =
  /[ \t,]*<([^<>]*)>((?:[ \t]*;[ \t]*[\w!#$&+.^`|~*-]+(?:[ \t]*=[ \t]*(?:"(?:[^"\\]|\\.)*"|[^\s",;]*))?)*)/y;
const parameterPattern = /[ \t]*;[ \t]*([\w!#$&+.^`|~*-]+)(?:[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^\s",;]*)))?/y;

/**
 * The target of the first `rel="next"` link; undefined where there is none or the header is no Link header. Rule: RFC 8288, 3.
 * @throws {RegistryError} LIMIT_REACHED for a header too long to be read: taking it for none would end a list early
 */
export function parseNextLink(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  if (header.length > maxHeaderLength)
    throw new RegistryError('LIMIT_REACHED', `a Link header of more than ${maxHeaderLength} characters is not read`);
  linkPattern.lastIndex = 0;
  for (let match = linkPattern.exec(header); match !== null; match = linkPattern.exec(header)) {
    if (relationsOf(match[2] ?? '').includes('next')) return match[1];
  }
  return undefined;
}

/** The words of the first `rel` parameter. */
function relationsOf(parameters: string): readonly string[] {
  parameterPattern.lastIndex = 0;
  for (let match = parameterPattern.exec(parameters); match !== null; match = parameterPattern.exec(parameters)) {
    if (match[1]?.toLowerCase() === 'rel') return (match[2] ?? match[3] ?? '').toLowerCase().split(/\s+/);
  }
  return [];
}

/** Guards a walk along `Link` pages: same origin, no circle, so many pages at most. */
export interface PageWalk {
  /** The next page, or undefined at the end. @throws {RegistryError} UNEXPECTED_ANSWER, LIMIT_REACHED */
  next(from: URL, link: string | undefined): URL | undefined;
}

/** Starts at `first`. Rule: wire-formats 2.3, "Pagination". */
export function startWalk(first: URL, limits: Limits): PageWalk {
  const seen = new Set([first.href]);
  return {
    next(from, link) {
      const target = parseNextLink(link);
      if (target === undefined) return undefined;
      const url = URL.parse(target, from.href);
      if (url === null || url.origin !== first.origin) {
        throw new RegistryError(
          'UNEXPECTED_ANSWER',
          `${first.origin}: the next page is on another origin, it is not asked`,
        );
      }
      url.username = '';
      url.password = '';
      if (seen.has(url.href))
        throw new RegistryError('UNEXPECTED_ANSWER', `${first.origin}: the pages of a list go in a circle`);
      if (seen.size >= limits.maxPages) {
        throw new RegistryError('LIMIT_REACHED', `${first.origin}: a list of more than ${limits.maxPages} pages`);
      }
      seen.add(url.href);
      return url;
    },
  };
}
