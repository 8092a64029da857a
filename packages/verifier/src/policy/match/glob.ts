/** How a pattern's letters stand for a text's signs: both are characters, or parts of a name. */
export interface Letters<Letter, Sign> {
  /** Stands for any number of signs, none included. */
  readonly isAny: (letter: Letter) => boolean;
  /** Whether a letter that is none of those may stand for this sign. */
  readonly fits: (letter: Letter, sign: Sign) => boolean;
}

/** Whether the text is what the pattern says. Pattern times text steps: no pattern makes it slow. */
export function matchesSequence<Letter, Sign>(
  pattern: readonly Letter[],
  text: readonly Sign[],
  letters: Letters<Letter, Sign>,
): boolean {
  // ends[i]: the pattern until now may stand for the first i signs.
  let ends: readonly boolean[] = [true, ...text.map(() => false)];
  for (const letter of pattern) {
    ends = letters.isAny(letter)
      ? fromFirst(ends)
      : [false, ...text.map((sign, at) => ends[at] === true && letters.fits(letter, sign))];
  }
  return ends.at(-1) === true;
}

/** True from the first true on. */
function fromFirst(ends: readonly boolean[]): readonly boolean[] {
  const first = ends.indexOf(true);
  return ends.map((_, at) => first !== -1 && at >= first);
}

/** Whether there is a text that both patterns stand for. Product of their lengths in steps. */
export function sequencesOverlap<Letter>(
  one: readonly Letter[],
  other: readonly Letter[],
  letters: Letters<Letter, Letter>,
): boolean {
  // ends[j]: what was read of `one` and the first j of `other` may stand for the same.
  let ends: readonly boolean[] = prefixesOfNothing(other, letters);
  for (const letter of one)
    ends = letters.isAny(letter) ? fromFirst(ends) : overlapsAfter(letter, { ends, other, letters });
  return ends.at(-1) === true;
}

function prefixesOfNothing<Letter>(other: readonly Letter[], { isAny }: Letters<Letter, Letter>): readonly boolean[] {
  const firstThatIsSomething = other.findIndex((letter) => !isAny(letter));
  const length = firstThatIsSomething === -1 ? other.length : firstThatIsSomething;
  return [true, ...other.map((_, at) => at < length)];
}

interface Row<Letter> {
  readonly ends: readonly boolean[];
  readonly other: readonly Letter[];
  readonly letters: Letters<Letter, Letter>;
}

/** One sign more of `one`: something of `other` stands for it too, or what stands for any there takes it. */
function overlapsAfter<Letter>(letter: Letter, { ends, other, letters }: Row<Letter>): readonly boolean[] {
  const next: boolean[] = [false];
  for (const [at, there] of other.entries()) {
    if (letters.isAny(there)) next.push(ends[at + 1] === true || ends[at] === true || next[at] === true);
    else next.push(ends[at] === true && letters.fits(letter, there));
  }
  return next;
}

/** `*` in the pattern stands for any number of characters, all else for itself. */
export function matchesGlob(pattern: string, text: string): boolean {
  const pieces = pattern.split('*');
  if (pieces.length === 1) return pattern === text;
  const { first, last } = endsOf(pieces);
  const end = text.length - last.length;
  if (first.length > end || !text.startsWith(first) || !text.endsWith(last)) return false;
  let at = first.length;
  for (const piece of pieces.slice(1, -1)) {
    // The earliest place leaves most room for the rest.
    const found = text.indexOf(piece, at);
    if (found === -1 || found + piece.length > end) return false;
    at = found + piece.length;
  }
  return true;
}

/** Whether a text could match both. */
export function globsOverlap(one: string, other: string): boolean {
  if (!one.includes('*')) return matchesGlob(other, one);
  if (!other.includes('*')) return matchesGlob(one, other);
  // With a star in both, what is between the ends can always be made to hold both middles.
  const [a, b] = [endsOf(one.split('*')), endsOf(other.split('*'))];
  const isBeginningShared = a.first.startsWith(b.first) || b.first.startsWith(a.first);
  return isBeginningShared && (a.last.endsWith(b.last) || b.last.endsWith(a.last));
}

function endsOf(pieces: readonly string[]): { readonly first: string; readonly last: string } {
  return { first: pieces[0] ?? '', last: pieces.at(-1) ?? '' };
}
