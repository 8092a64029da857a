import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readLines } from '../../packages/cli/src/lines.ts';

async function linesOf(chunks: readonly Uint8Array[]): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of readLines(stream(chunks))) lines.push(line);
  return lines;
}

async function* stream(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

describe('readLines', () => {
  it('gives lines without ends, blanks and comments', async () => {
    expect(await linesOf([Buffer.from('# list\na:1\r\n\n  b:2  \nc:3')])).toEqual(['a:1', 'b:2', 'c:3']);
  });

  it('gives the same lines however the bytes are cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.stringMatching(/^[a-zé€😀]{1,8}$/u), { maxLength: 10 }),
        fc.integer({ min: 1, max: 7 }),
        async (lines, size) => {
          const bytes = Buffer.from(lines.join('\n'));
          const chunks: Uint8Array[] = [];
          for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
          expect(await linesOf(chunks)).toEqual(lines);
        },
      ),
    );
  });

  it('refuses a line without end', async () => {
    await expect(linesOf([Buffer.alloc(10_000, 'a')])).rejects.toMatchObject({ code: 'USAGE' });
  });
});
