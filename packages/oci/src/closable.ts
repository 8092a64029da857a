/** Content as it comes. */
export type Pieces = AsyncGenerator<Uint8Array, void, undefined>;

/**
 * The pieces, whose source is let go by `close` where they are given up before the first was asked for: a generator that was never begun
 * runs none of its own `finally`.
 */
export function closable(pieces: Pieces, close: () => Promise<void>): Pieces {
  let isBegun = false;
  const giveUp = async (): Promise<void> => {
    if (isBegun) return;
    isBegun = true;
    await close();
  };
  return {
    next() {
      isBegun = true;
      return pieces.next();
    },
    async return() {
      await giveUp();
      return await pieces.return();
    },
    async throw(error) {
      await giveUp();
      return await pieces.throw(error);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
    async [Symbol.asyncDispose]() {
      await this.return();
    },
  };
}

/** Ends a stream that is not needed after all, so that its source (an open file) is let go; nothing where it has ended. */
export async function giveUp(content: AsyncIterable<Uint8Array>): Promise<void> {
  await content[Symbol.asyncIterator]().return?.();
}
