/**
 * Which of many things may still go together: a row of bits for each. What cannot is dropped for 32 pairs at a time, so that no input
 * makes it slower than the square of their number allows; 10,000 things take 12.5 MB.
 */
export class PairTable {
  private readonly words: number;
  private readonly rows: Uint32Array;

  constructor(size: number) {
    this.words = Math.ceil(size / 32);
    this.rows = new Uint32Array(size * this.words);
    const all = this.maskOf([...Array(size).keys()]);
    for (let row = 0; row < size; row += 1) this.rows.set(all, row * this.words);
  }

  /** Drops the pairs within each group. */
  dropWithin(groups: Iterable<readonly number[]>): void {
    for (const group of groups) {
      const mask = this.maskOf(group).map((word) => ~word);
      this.keep(group, mask);
    }
  }

  /** Keeps the pairs of which one text begins with the other. False: no pair is left. */
  keepPrefixes(texts: readonly string[]): boolean {
    const groups = [...Map.groupBy(texts.keys(), (at) => texts[at] ?? '')];
    if (groups.length < 2) return true;
    const nodes: Node[] = [];
    const around: Node[] = [];
    for (const [text, members] of groups.toSorted(([one], [other]) => (one < other ? -1 : 1))) {
      while (around.length > 0 && !text.startsWith(around.at(-1)?.text ?? '')) around.pop();
      const below = this.maskOf(members);
      const parent = around.at(-1);
      const above = parent === undefined ? below.slice() : union(parent.above, below);
      const node = { text, members, parent, above, below };
      nodes.push(node);
      around.push(node);
    }
    let isLeft = false;
    for (const { members, parent, above, below } of nodes.toReversed()) {
      if (parent !== undefined) addTo(parent.below, below);
      if (this.keep(members, union(above, below))) isLeft = true;
    }
    return isLeft;
  }

  /** The pairs that are left, each once. */
  *pairs(): Generator<readonly [number, number]> {
    const { words, rows } = this;
    for (let row = 0; row * words < rows.length; row += 1) {
      for (let at = row >>> 5; at < words; at += 1) {
        let word = rows[row * words + at] ?? 0;
        if (at === row >>> 5) word &= ~0 << (row & 31);
        for (; word !== 0; word &= word - 1) yield [row, at * 32 + (31 - Math.clz32(word & -word))];
      }
    }
  }

  private maskOf(members: readonly number[]): Uint32Array {
    const mask = new Uint32Array(this.words);
    for (const at of members) mask[at >>> 5] = (mask[at >>> 5] ?? 0) | (1 << (at & 31));
    return mask;
  }

  /** Whether something is left in these rows. */
  private keep(members: readonly number[], mask: Uint32Array): boolean {
    let left = 0;
    for (const row of members) {
      const start = row * this.words;
      for (let at = 0; at < mask.length; at += 1) {
        const word = (this.rows[start + at] ?? 0) & (mask[at] ?? 0);
        this.rows[start + at] = word;
        left |= word;
      }
    }
    return left !== 0;
  }
}

/** The things that have one text, in the tree of all texts. */
interface Node {
  readonly text: string;
  readonly members: readonly number[];
  /** The longest other text that this one begins with. */
  readonly parent: Node | undefined;
  /** The members, and those of every text that this one begins with. */
  readonly above: Uint32Array;
  /** The members, and those of every text that begins with this one, once all after it are done. */
  readonly below: Uint32Array;
}

function union(one: Uint32Array, other: Uint32Array): Uint32Array {
  return addTo(one.slice(), other);
}

function addTo(sum: Uint32Array, other: Uint32Array): Uint32Array {
  for (let at = 0; at < sum.length; at += 1) sum[at] = (sum[at] ?? 0) | (other[at] ?? 0);
  return sum;
}
