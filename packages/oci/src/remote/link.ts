import { RegistryError } from '../errors.ts';
import type { Limits } from '../limits.ts';

const maxHeaderLength = 8192;
// Rule: RFC 8288, 3 and B.2: names and values are tokens or quoted; a parameter may be empty, an element of the list too. Each piece begins where it can
// begin in one way only: no text makes them try many.
const parameter = /[ \t]*;(?:[ \t]*([\w!#$&+.^`|~*%'-]+)(?:[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^\s",;]*)))?)?/y;
const target = /[ \t,]*<([^<>]*)>/y;
const separator = /[ \t]*(?:,|$)/y;

/**
 * The target of the first `rel="next"` link; undefined where there is none.
 * @throws {RegistryError} UNEXPECTED_ANSWER for what is no Link header, LIMIT_REACHED for one too long to be read: taking either for none
 * would end a list early
 */
export function parseNextLink(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  if (header.length > maxHeaderLength)
    throw new RegistryError('LIMIT_REACHED', `a Link header of more than ${maxHeaderLength} characters is not read`);
  const scan = scanner(header);
  while (!scan.isAtEnd()) {
    const [, link] = scan.take(target) ?? scan.fail();
    let relations: string | undefined;
    for (let found = scan.take(parameter); found !== undefined; found = scan.take(parameter)) {
      // Of several the first counts.
      if (found[1]?.toLowerCase() === 'rel') relations ??= found[2] ?? found[3] ?? '';
    }
    if (scan.take(separator) === undefined) scan.fail();
    if (relations?.toLowerCase().split(/\s+/).includes('next') === true) return link;
  }
  return undefined;
}

interface Scanner {
  readonly isAtEnd: () => boolean;
  /** The piece that begins here. */
  readonly take: (piece: RegExp) => RegExpExecArray | undefined;
  readonly fail: () => never;
}

function scanner(text: string): Scanner {
  let at = 0;
  return {
    isAtEnd: () => /^[ \t,]*$/.test(text.slice(at)),
    take(piece) {
      piece.lastIndex = at;
      const found = piece.exec(text);
      if (found === null) return undefined;
      at = piece.lastIndex;
      return found;
    },
    fail() {
      const where = JSON.stringify(text.slice(at, at + 40));
      throw new RegistryError(
        'UNEXPECTED_ANSWER',
        `a Link header that cannot be read, at ${where}: the list may go on`,
      );
    },
  };
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
      const next = parseNextLink(link);
      if (next === undefined) return undefined;
      const url = URL.parse(next, from.href);
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
