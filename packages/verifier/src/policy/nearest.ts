/** Longer words are not compared: a hint for them helps nobody, and costs. */
const maxLength = 64;

/** `did you mean "NAME"?` for the known name that is written most alike; undefined where none is near. */
export function didYouMean(word: string, known: Iterable<string>): string | undefined {
  const name = nearest(word, known);
  return name === undefined ? undefined : `did you mean ${JSON.stringify(name)}?`;
}

/** The known name that takes fewest changes to become the word, at most a third of its letters (two in short ones). */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  if (word.length > maxLength) return undefined;
  let best: string | undefined;
  let bestChanges = Math.max(2, Math.floor(word.length / 3)) + 1;
  for (const name of known) {
    if (name.length > maxLength || Math.abs(name.length - word.length) >= bestChanges) continue;
    const changes = changesBetween(word.toLowerCase(), name.toLowerCase());
    if (changes < bestChanges && changes < Math.max(word.length, name.length)) {
      best = name;
      bestChanges = changes;
    }
  }
  return best;
}

/** Letters added, dropped or replaced, and neighbours exchanged. Rule: optimal string alignment distance. */
function changesBetween(one: string, other: string): number {
  let before: readonly number[] = [];
  let row: readonly number[] = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (let i = 1; i <= one.length; i += 1) {
    const next: number[] = [i];
    for (let j = 1; j <= other.length; j += 1) {
      const same = one[i - 1] === other[j - 1] ? 0 : 1;
      const changes = [(row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + same];
      if (i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1])
        changes.push((before[j - 2] ?? 0) + 1);
      next.push(Math.min(...changes));
    }
    before = row;
    row = next;
  }
  return row[other.length] ?? 0;
}
