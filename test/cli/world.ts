import { PassThrough } from 'node:stream';
import type { Io } from '../../packages/cli/src/io.ts';

/** An `Io` whose outputs are kept and whose standard input is a text. */
export interface World extends Io {
  readonly out: () => string;
  readonly err: () => string;
  /** What `setRawMode` was told. */
  readonly rawModes: readonly boolean[];
}

/** `tty`: a person watches; `keys` are what the person presses, one chunk after the other. */
export interface WorldOptions {
  readonly tty?: boolean;
  readonly input?: string;
  readonly keys?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly keyPassword?: string;
  readonly signal?: AbortSignal;
}

/** A world of its own for a test. */
export function createWorld(options: WorldOptions = {}): World {
  const { tty = false, keyPassword } = options;
  const written: Record<'out' | 'err', string> = { out: '', err: '' };
  const keep = (name: 'out' | 'err') => (text: string) => {
    written[name] += text;
  };
  const rawModes: boolean[] = [];
  const stdin = Object.assign(new PassThrough(), {
    isTTY: tty,
    ...(tty ? { setRawMode: (raw: boolean) => rawModes.push(raw) } : {}),
  });
  for (const key of options.keys ?? []) stdin.write(key);
  if (options.input !== undefined) stdin.end(options.input);
  const signal = options.signal ?? new AbortController().signal;
  return {
    stdout: { isTTY: tty, write: keep('out') },
    stderr: { isTTY: tty, write: keep('err') },
    stdin,
    env: options.env ?? {},
    secrets: keyPassword === undefined ? {} : { keyPassword },
    signal,
    untilStopped: () => signal,
    out: () => written.out,
    err: () => written.err,
    rawModes,
  };
}
