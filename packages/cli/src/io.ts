import { isatty } from 'node:tty';
import type { Secrets } from './secrets.ts';

/** One of the two ways out. Writing to a closed pipe is quiet. */
export interface Output {
  readonly isTTY: boolean;
  /** Its descriptor, where it is a stream of this process: for programs that are to write there by themselves. */
  readonly fd?: number;
  write(text: string): void;
  /** Whether writing failed: `closed` where the reader went away, else why (a full disk). */
  readonly failed?: () => 'closed' | Error | undefined;
}

/** Standard input: bytes as they come, and for prompts the terminal itself. */
export interface Input extends AsyncIterable<Uint8Array> {
  readonly isTTY: boolean;
  /** Keys one by one without echo. Only on a terminal. */
  setRawMode?(raw: boolean): unknown;
  /** The same bytes; leaving the loop may leave the stream open for the next question. */
  iterator(options: { readonly destroyOnReturn: boolean }): AsyncIterable<Uint8Array>;
}

/** Everything that a command may touch of the world, handed in so that tests can be the world. */
export interface Io {
  /** Results. */
  readonly stdout: Output;
  /** Errors, progress, prompts. */
  readonly stderr: Output;
  readonly stdin: Input;
  /** Without the passwords: they are taken out before anything else runs. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly secrets: Secrets;
  /** Fires on Ctrl-C. */
  readonly signal: AbortSignal;
  /** A signal that fires on Ctrl-C and from now on also on SIGTERM, which ends the process otherwise: a server finishes what is in flight. */
  readonly untilStopped: () => AbortSignal;
  /** The process ends with the call, and so do its connections: ending each of them before (some milliseconds) is left out. */
  readonly endsProcess?: boolean;
}

/** An output of this process. */
export interface ProcessOutput extends Output {
  readonly failed: () => 'closed' | Error | undefined;
  /** Settles when all that was written is out, or never will be. */
  readonly drained: () => Promise<void>;
}

/**
 * A stream of this process as `Io` output; a reader that went away (EPIPE) only ends the writing. Opened when something is written: most
 * calls have nothing to say on standard error, and standard output has time until there is a result.
 */
export function processOutput(name: 'stdout' | 'stderr'): ProcessOutput {
  let stream: NodeJS.WriteStream | undefined;
  let failure: 'closed' | Error | undefined;
  const open = (): NodeJS.WriteStream =>
    process[name].on('error', (error: NodeJS.ErrnoException) => {
      failure ??= error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED' ? 'closed' : error;
    });
  const fd = name === 'stdout' ? 1 : 2;
  return {
    fd,
    get isTTY() {
      return isatty(fd);
    },
    write(text) {
      stream ??= open();
      if (failure === undefined) stream.write(text);
    },
    failed: () => failure,
    drained: async () => stream && (await drained(stream)),
  };
}

function drained(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((done) => {
    // That a write failed is told some ticks later; answers that nobody waits for any more are read after those.
    if (stream.destroyed || stream.writableLength === 0) afterTicks(3, done);
    else stream.write('', () => setImmediate(done));
  });
}

function afterTicks(count: number, done: () => void): void {
  process.nextTick(() => (count > 1 ? afterTicks(count - 1, done) : done()));
}

/** Whether colours are used: never with NO_COLOR (any value but the empty one) or `--no-color`. Rule: no-color.org. */
export function useColor(io: Io, wanted: boolean): boolean {
  const off = io.env.NO_COLOR !== undefined && io.env.NO_COLOR !== '';
  return wanted && !off && io.stdout.isTTY && io.env.TERM !== 'dumb';
}
