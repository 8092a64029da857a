import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { holdingLast, type Pieces, sliced, startingWith, whole } from '../../../packages/admission/src/proxy/pieces.ts';

async function* source(pieces: readonly Uint8Array[], failure?: Error): AsyncGenerator<Uint8Array> {
  yield* pieces;
  if (failure !== undefined) throw failure;
}

async function seen(pieces: Pieces): Promise<{ readonly bytes: Buffer; readonly isWhole: boolean }> {
  const got: Uint8Array[] = [];
  try {
    for await (const piece of pieces) got.push(piece);
    return { bytes: Buffer.concat(got), isWhole: true };
  } catch {
    return { bytes: Buffer.concat(got), isWhole: false };
  }
}

const someBytes = fc.array(fc.uint8Array({ minLength: 1, maxLength: 20 }), { maxLength: 10 });

describe('pieces', () => {
  it('that are held come whole, and without the last where the end is bad', async () => {
    await fc.assert(
      fc.asyncProperty(someBytes, async (pieces) => {
        const all = Buffer.concat(pieces);
        expect(await seen(holdingLast(source(pieces)))).toEqual({ bytes: all, isWhole: true });
        const broken = await seen(holdingLast(source(pieces, new RangeError('bad'))));
        expect(broken).toEqual({ bytes: Buffer.concat(pieces.slice(0, -1)), isWhole: false });
      }),
    );
  });

  it('of a range are its bytes, and end as the whole does', async () => {
    await fc.assert(
      fc.asyncProperty(someBytes, fc.nat(250), fc.nat(250), async (pieces, one, other) => {
        const [start, end] = [Math.min(one, other), Math.max(one, other)];
        const part = Buffer.concat(pieces).subarray(start, end + 1);
        expect(await seen(sliced(source(pieces), { start, end }))).toEqual({ bytes: part, isWhole: true });
        const broken = await seen(holdingLast(sliced(source(pieces, new RangeError('bad')), { start, end })));
        expect(broken.isWhole).toBe(false);
        expect(broken.bytes.length).toBeLessThan(Math.max(1, part.length));
      }),
    );
  });

  it('go on after the first was taken', async () => {
    await fc.assert(
      fc.asyncProperty(someBytes, async (pieces) => {
        const others = source(pieces);
        const first = await others.next();
        expect(Buffer.from(await whole(startingWith(first, others)))).toEqual(Buffer.concat(pieces));
      }),
    );
  });
});
