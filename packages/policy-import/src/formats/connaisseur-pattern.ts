import { type GlobPiece, type Translated, translateGlob } from '../glob.ts';
import type { Cursor } from '../reading.ts';

/**
 * A pattern. Connaisseur puts a star before and behind it where there is none; the one before also matches other hosts that end so, which
 * is said only with `withPrefix`; and names that hold the pattern after a slash, which is never said. Rule: connaisseur internal/config, MatchingRule (gobwas/glob without separators).
 */
export function translateConnaisseur(cursor: Cursor, withPrefix: boolean): Translated {
  const pattern = cursor.text();
  if (pattern === '') throw cursor.invalid('a pattern is needed');
  const pieces = (pattern.match(/\*+|[?[\]{}\\]+|[^*?[\]{}\\]+/g) ?? []).map((piece): GlobPiece => {
    if (piece.startsWith('*')) return { kind: 'any' };
    return /^[?[\]{}\\]/.test(piece) ? { kind: 'other' } : { kind: 'text', text: piece };
  });
  const end: readonly GlobPiece[] = pattern.endsWith('*') ? [] : [{ kind: 'any' }];
  const dialect = { dockerHub: 'index.docker.io', matchesUntagged: false, shortNames: true } as const;
  const plain = translateGlob([...pieces, ...end], dialect);
  if (!withPrefix || pattern.startsWith('*')) return plain;
  const prefixed = translateGlob([{ kind: 'inPart' }, ...pieces, ...end], dialect);
  const images = [...new Set([...plain.images, ...prefixed.images])];
  return { images, exact: plain.exact && prefixed.exact, namesDigest: plain.namesDigest };
}

/** Of patterns that match one image the larger rank decides: more components, then longer literal beginnings, then longer components. */
export function ranksOf(patterns: readonly string[]): readonly number[] {
  const vectors = patterns.map(vectorOf);
  const sorted = vectors.toSorted(compare);
  return vectors.map((vector) => sorted.findIndex((other) => compare(other, vector) === 0));
}

/** Rule: Connaisseur docs, "Basics", "Image policy", 2.1-2.3. */
function vectorOf(pattern: string): readonly number[] {
  const components = pattern.split('/');
  // docker.io is compared as index.docker.io: no letter at the beginning is the same.
  const prefixes = components.map((part, at) => (at === 0 && part === 'docker.io' ? 0 : part.search(/[*?[{\\]|$/)));
  return [components.length, ...prefixes, ...components.map((part) => part.length)];
}

function compare(one: readonly number[], other: readonly number[]): number {
  for (const [at, value] of one.entries()) {
    const difference = value - (other[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
