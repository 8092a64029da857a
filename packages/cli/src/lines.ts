import { CliError } from './errors.ts';

/** Longest line that is taken for a reference. */
const maxLineLength = 8192;

/**
 * The lines of a stream as they come, without empty ones and comments (`#`).
 * @throws {CliError} USAGE for a line without end
 */
export async function* readLines(stream: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    yield* meaningful(lines);
    if (rest.length > maxLineLength)
      throw new CliError('USAGE', `a line of standard input is longer than ${maxLineLength} characters`);
  }
  yield* meaningful([rest + decoder.decode()]);
}

function meaningful(lines: readonly string[]): string[] {
  return lines.map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#'));
}
