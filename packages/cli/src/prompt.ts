import { CliError } from './errors.ts';
import type { Io } from './io.ts';

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

async function prompt(question: string, io: Io, hidden: boolean): Promise<string> {
  io.stderr.write(question);
  io.stdin.setRawMode?.(true);
  const line = new LineOfKeys();
  try {
    const decoder = new TextDecoder();
    for await (const chunk of io.stdin.iterator({ destroyOnReturn: false })) {
      const text = decoder.decode(chunk, { stream: true });
      const state = line.take(text);
      if (!hidden) io.stderr.write(printable(text));
      if (state === 'done') return line.text;
      if (state === 'stopped') throw new CliError('INTERRUPTED', 'interrupted');
    }
    throw new CliError('INTERRUPTED', 'the terminal was closed');
  } finally {
    io.stdin.setRawMode?.(false);
    io.stderr.write('\n');
  }
}

/** A line as its keys are pressed: back space and Ctrl-U work, Enter ends it. */
export class LineOfKeys {
  text = '';

  take(keys: string): 'open' | 'done' | 'stopped' {
    for (const key of keys) {
      if (key === '\r' || key === '\n') return 'done';
      if (key === '\u0003' || key === '\u0004') return 'stopped';
      if (key === '\u007f' || key === '\b') this.text = [...this.text].slice(0, -1).join('');
      else if (key === '\u0015') this.text = '';
      else if (key >= ' ' && this.text.length < maxLength) this.text += key;
    }
    return 'open';
  }
}

function printable(keys: string): string {
  return [...keys].filter((key) => key >= ' ' && key !== '\u007f').join('');
}
