/** Something with a JSON text of its own. */
export interface Written {
  readonly json: string;
}

/** A run of elements; its text is made when it is first needed. */
interface Block {
  readonly elements: readonly Written[];
  text: Buffer | undefined;
}

const blockLength = 64;
const separator: Buffer = Buffer.from(',\n');

/**
 * The elements of a long JSON list as text, kept in blocks: a change makes the text of its own block anew, not of the whole list (of
 * 5,000 entries: some 1 MB, and 10 ms). A text that was changed leaves the one before as it was.
 */
export class IndexText {
  readonly #blocks: readonly Block[];
  /** In which block an element is. */
  readonly #places: WeakMap<Written, number>;

  private constructor(blocks: readonly Block[], places: WeakMap<Written, number>) {
    this.#blocks = blocks;
    this.#places = places;
  }

  static of(elements: readonly Written[]): IndexText {
    return new IndexText([], new WeakMap()).changed([], elements);
  }

  /** The text without some of its elements, and with others. */
  changed(removed: Iterable<Written>, added: Iterable<Written>): IndexText {
    const elements = new Map<number, Written[]>();
    const blockAt = (at: number): Written[] => {
      const list = elements.get(at) ?? [...(this.#blocks[at]?.elements ?? [])];
      elements.set(at, list);
      return list;
    };
    for (const element of removed) {
      const at = this.#places.get(element);
      if (at === undefined) continue;
      const list = blockAt(at);
      const position = list.indexOf(element);
      if (position >= 0) list.splice(position, 1);
    }
    let at = 0;
    for (const element of added) {
      while ((elements.get(at) ?? this.#blocks[at]?.elements ?? []).length >= blockLength) at += 1;
      blockAt(at).push(element);
      this.#places.set(element, at);
    }
    const blocks = [...this.#blocks];
    for (const [position, list] of elements) blocks[position] = { elements: list, text: undefined };
    return new IndexText(blocks, this.#places);
  }

  /** `head`, the elements with commas between, `tail`: in pieces, since one new buffer for all costs more than everything else. */
  between(head: string, tail: string): readonly Buffer[] {
    const pieces: Buffer[] = [Buffer.from(head)];
    for (const block of this.#blocks) {
      if (block.elements.length === 0) continue;
      if (pieces.length > 1) pieces.push(separator);
      block.text ??= Buffer.from(block.elements.map((element) => element.json).join(',\n'));
      pieces.push(block.text);
    }
    pieces.push(Buffer.from(tail));
    return pieces;
  }
}
