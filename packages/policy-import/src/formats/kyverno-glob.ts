import { type GlobPiece, type Translated, translateGlob } from '../glob.ts';
import type { Cursor } from '../reading.ts';

/**
 * `*` stands for any characters, `/` and `:` among them, `?` for one. Compared with `REGISTRY/PATH:TAG` or `REGISTRY/PATH@DIGEST`, docker.io
 * and `latest` filled in, library/ not. Rule: kyverno ext/wildcard, pkg/utils/image.
 */
export function translateKyverno(cursor: Cursor): Translated {
  const glob = cursor.text();
  if (glob === '' || /\{\{/.test(glob)) throw cursor.invalid('variables are not allowed in image references');
  const pieces = (glob.match(/\*+|\?|[^*?]+/g) ?? []).map((piece): GlobPiece => {
    if (piece === '?') return { kind: 'other' };
    return piece.startsWith('*') ? { kind: 'any' } : { kind: 'text', text: piece };
  });
  return translateGlob(pieces, { dockerHub: 'docker.io', matchesUntagged: false, shortNames: false });
}
