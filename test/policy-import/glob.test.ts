import { parseRegistryReference } from '@signet/oci';
import { parseImagePattern, RuleIndex } from '@signet/verifier';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type GlobPiece, translateGlob } from '../../packages/policy-import/src/glob.ts';

const dialect = { dockerHub: 'docker.io', matchesUntagged: false, shortNames: false } as const;

/** `**`: any characters, `*`: any but /, `?`: nothing that Signet has. */
function pieces(glob: string): readonly GlobPiece[] {
  return (glob.match(/\*\*|\*|\?|[^*?]+/g) ?? []).map((piece): GlobPiece => {
    if (piece === '?') return { kind: 'other' };
    return piece === '**' ? { kind: 'any' } : piece === '*' ? { kind: 'inPart' } : { kind: 'text', text: piece };
  });
}

function brute(glob: string, text: string): boolean {
  const pattern = pieces(glob).map((piece) => {
    if (piece.kind === 'text') return piece.text.replace(/[.]/g, '\\.');
    return piece.kind === 'any' ? '.*' : piece.kind === 'inPart' ? '[^/]*' : '.';
  });
  return new RegExp(`^${pattern.join('')}$`).test(text);
}

function matches(images: readonly string[], reference: string): boolean {
  const index = new RuleIndex(images.map((image) => ({ pattern: parseImagePattern(image), target: 'x' })));
  return index.choose({ ...parseRegistryReference(reference), tagNames: null }).kind !== 'none';
}

const globs = fc
  .array(fc.constantFrom('**', '*', 'a.io', 'b', 'a', '/', '/', ':v', ':', '1', '-', 'ba.io', ':1', '?'), {
    minLength: 1,
    maxLength: 7,
  })
  .map((list) => list.join('').replace(/\*{3,}/g, '**'));
const references = fc
  .tuple(
    fc.constantFrom('a.io', 'b.a.io', 'ba.io:1', 'aa.io'),
    fc.array(fc.constantFrom('a', 'b', 'ab', 'b1'), { minLength: 1, maxLength: 3 }),
    fc.constantFrom(':v', ':v1', ':1', `@sha256:${'a'.repeat(64)}`),
  )
  .map(([host, path, end]) => `${host}/${path.join('/')}${end}`);

describe('a foreign glob', () => {
  it('matches the same references as Signet patterns, or is said to match more', () => {
    fc.assert(
      fc.property(globs, references, (glob, reference) => {
        const { images, exact } = translateGlob(pieces(glob), dialect);
        const [there, here] = [brute(glob, reference), matches(images, reference)];
        if (exact) expect(here, `${glob} ${JSON.stringify(images)} ${reference}`).toBe(there);
        else if (there) expect(here, `${glob} ${JSON.stringify(images)} ${reference}`).toBe(true);
      }),
      { numRuns: 20_000 },
    );
  });

  it.each([
    ['a.io/**', ['a.io/**'], true],
    ['a.io/*', ['a.io/*'], true],
    ['a.io/**/b:**', ['a.io/*/**/b:*'], true],
    ['a.io/b**', ['a.io/b*', 'a.io/b*/**'], true],
    ['**:v1', ['*:v1'], true],
    ['a.io/b', [], true],
    ['a.io/b@**', ['a.io/b@sha256:*', 'a.io/b@sha512:*'], true],
    ['a.io/*-x', ['a.io/**'], false],
    ['a.io/?b', ['a.io/**'], false],
    ['**:1**/**', ['*:*/**', '*:*/**/*/**'], false],
    ['a.io:5*/**', ['a.io:*/**'], false],
    ['a.io/B:v', [], true],
  ])('%s becomes %j, exact: %s', (glob, images, exact) => {
    expect(translateGlob(pieces(glob), dialect)).toMatchObject({ images, exact });
  });
});
