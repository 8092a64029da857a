import { CliError } from './errors.ts';
import type { Input, Io } from './io.ts';

/** Longest password or name that is read. */
const maxLength = 4096;

/**
 * Asks on the terminal without echo. Undefined where standard input is no terminal: nobody is there to ask.
 * @throws {CliError} INTERRUPTED on Ctrl-C or Ctrl-D
 */
export async function promptHidden(question: string, io: Io): Promise<string | undefined> {
  if (!io.stdin.isTTY || io.stdin.setRawMode === undefined) return undefined;
  return prompt(question, io, true);
}

/** Asks on the terminal, with echo. Undefined where standard input is no terminal. @throws {CliError} INTERRUPTED */
export async function promptLine(question: string, io: Io): Promise<string | undefined> {
  if (!io.stdin.isTTY || io.stdin.setRawMode === undefined) return undefined;
  return prompt(question, io, false);
}

/** What was typed or pasted behind the end of a line belongs to the next question. */
const typedAhead = new WeakMap<Input, string>();

async function prompt(question: string, io: Io, hidden: boolean): Promise<string> {
  io.stderr.write(question);
  io.stdin.setRawMode?.(true);
  const line = new LineOfKeys();
  try {
    for await (const keys of keysOf(io.stdin)) {
      const state = line.take(keys);
      if (!hidden) io.stderr.write(printable(keys));
      if (state === 'stopped') throw new CliError('INTERRUPTED', 'interrupted');
      if (state === 'open') continue;
      typedAhead.set(io.stdin, line.rest);
      return line.text;
    }
    throw new CliError('INTERRUPTED', 'the terminal was closed');
  } finally {
    io.stdin.setRawMode?.(false);
    io.stderr.write('\n');
  }
}

async function* keysOf(stdin: Input): AsyncGenerator<string> {
  const ahead = typedAhead.get(stdin) ?? '';
  typedAhead.delete(stdin);
  if (ahead !== '') yield ahead;
  const decoder = new TextDecoder();
  for await (const chunk of stdin.iterator({ destroyOnReturn: false })) yield decoder.decode(chunk, { stream: true });
}

/** A line as its keys are pressed: back space and Ctrl-U work, Enter ends it. */
export class LineOfKeys {
  text = '';
  /** Keys behind the one that ended the line. */
  rest = '';

  take(keys: string): 'open' | 'done' | 'stopped' {
    let at = 0;
    for (const key of keys) {
      at += key.length;
      if (key === '\r' || key === '\n') {
        this.rest = keys.slice(at);
        return 'done';
      }
      if (key === '\u0003' || key === '\u0004') return 'stopped';
      this.#press(key);
    }
    return 'open';
  }

  #press(key: string): void {
    if (key === '\u007f' || key === '\b') this.text = [...this.text].slice(0, -1).join('');
    else if (key === '\u0015') this.text = '';
    else if (key >= ' ' && this.text.length < maxLength) this.text += key;
  }
}

function printable(keys: string): string {
  return [...keys].filter((key) => key >= ' ' && key !== '\u007f').join('');
}
