import { escapeForTerminal } from '@signet/verifier';
import type { InputFile } from '../inputs/read-inventory.ts';
import type { Output } from '../io.ts';
import type { PinnedFile, PinSink } from './pin-sink.ts';

/** To standard output, byte for byte; on a terminal nothing in it moves the cursor. */
export function createTextSink(stdout: Output, show: (pinned: PinnedFile, file: InputFile) => string): PinSink {
  const texts: string[] = [];
  return {
    async add(file, pinned) {
      texts.push(show(pinned, file));
    },
    async commit() {
      for (const text of texts) if (text !== '') stdout.write(stdout.isTTY ? harmless(text) : text);
    },
    discard: async () => undefined,
  };
}

/** Line ends and tabs stay. */
function harmless(text: string): string {
  return text.replace(/(?:[^\t\r\n]|\r(?!\n))+/g, (part) => escapeForTerminal(part, Number.POSITIVE_INFINITY));
}
