/** Longer words are not compared, nor names with more letters together: a hint helps nobody then, and costs. */
const maxLength = 64;
const maxLetters = 20_000;

/** `did you mean "NAME"?` for the known name that is written most alike; undefined where none is near. */
export function didYouMean(word: string, known: Iterable<string>): string | undefined {
  const name = nearest(word, known);
  return name === undefined ? undefined : `did you mean ${JSON.stringify(name)}?`;
}

/** The known name that takes fewest changes to become the word, at most a third of its letters (two in short ones); of very many, the first are looked at. */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  if (word.length > maxLength) return undefined;
  let best: string | undefined;
  let mostChanges = Math.max(2, Math.floor(word.length / 3));
  let letters = 0;
  for (const name of known) {
    letters += name.length;
    if (letters > maxLetters) break;
    if (name.length > maxLength || Math.abs(name.length - word.length) > mostChanges) continue;
    const changes = changesBetween(word.toLowerCase(), name.toLowerCase(), mostChanges);
    if (changes <= mostChanges && changes < Math.max(word.length, name.length)) {
      best = name;
      mostChanges = changes - 1;
    }
  }
  return best;
}

/**
 * Letters added, dropped or replaced, and neighbours exchanged; something above `most` where it is more than that.
 * Rule: optimal string alignment distance.
 */
function changesBetween(one: string, other: string, most: number): number {
  const width = other.length + 1;
  let rows = [new Uint8Array(width), Uint8Array.from({ length: width }, (_, at) => at), new Uint8Array(width)] as const;
  for (let at = 0; at < one.length; at += 1) {
    const fewest = fillRow(rows, { one, other, at });
    if (fewest > most) return fewest;
    rows = [rows[1], rows[2], rows[0]];
  }
  return rows[1].at(-1) ?? 0;
}

interface Step {
  readonly one: string;
  readonly other: string;
  /** The letter of `one` that is added. */
  readonly at: number;
}

/** Fills the last row from the two before it; gives the smallest number in it. */
function fillRow([before, row, next]: readonly [Uint8Array, Uint8Array, Uint8Array], { one, other, at }: Step): number {
  next[0] = at + 1;
  let fewest = at + 1;
  for (let to = 0; to < other.length; to += 1) {
    const same = one[at] === other[to] ? 0 : 1;
    let changes = Math.min((row[to + 1] ?? 0) + 1, (next[to] ?? 0) + 1, (row[to] ?? 0) + same);
    const isExchange = at > 0 && to > 0 && one[at] === other[to - 1] && one[at - 1] === other[to];
    if (isExchange) changes = Math.min(changes, (before[to - 1] ?? 0) + 1);
    next[to + 1] = changes;
    fewest = Math.min(fewest, changes);
  }
  return fewest;
}
