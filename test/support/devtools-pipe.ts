import { spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { HarnessError } from './harness-error.ts';

/** What a command gives, or an event tells. */
export type Members = Readonly<Record<string, unknown>>;

/** A browser that obeys commands over a pipe: nobody else can speak to it, and it ends when this process does. */
export interface DevTools {
  /** @throws {HarnessError} where the browser refuses the command, or has ended */
  readonly call: (method: string, params?: object, sessionId?: string) => Promise<Members>;
  /** Told every event from now on. */
  readonly onEvent: (listener: (method: string, params: Members) => void) => void;
  readonly close: () => Promise<void>;
}

/** Starts a browser. Rule: Chrome DevTools Protocol with `--remote-debugging-pipe`: JSON texts with a NUL after each, on descriptors 3 and 4. */
export function startDevTools(program: string, flags: readonly string[]): DevTools {
  const child = spawn(program, ['--remote-debugging-pipe', ...flags], {
    stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'],
  });
  const said: Buffer[] = [];
  child.stderr?.on('data', (chunk: Buffer) => said.push(chunk));
  const waiting = new Map<number, Answer>();
  const listeners: ((method: string, params: Members) => void)[] = [];
  let ended: HarnessError | undefined;
  const end = (why: string): void => {
    ended ??= new HarnessError(`${program}: ${why}\n${Buffer.concat(said).toString('utf8')}`);
    for (const { fail } of waiting.values()) fail(ended);
    waiting.clear();
  };
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()).once('error', () => resolve()));
  child.once('error', ({ message }) => end(message));
  child.once('close', () => end('has ended'));
  const [, , , input, output] = child.stdio as unknown as readonly [null, null, Readable, Writable, Readable];
  input.on('error', ({ message }) => end(message));
  readTexts(output, (text) => {
    const { id, result, error, method, params } = JSON.parse(text);
    if (id === undefined) for (const listener of listeners) listener(method, params);
    else if (error === undefined) waiting.get(id)?.done(result);
    else waiting.get(id)?.fail(new HarnessError(`the browser refused: ${JSON.stringify(error)}`));
    waiting.delete(id);
  });
  let last = 0;
  return {
    call: (method, params = {}, sessionId = undefined) =>
      new Promise((done, fail) => {
        if (ended !== undefined) throw ended;
        last += 1;
        waiting.set(last, { done, fail });
        input.write(`${JSON.stringify({ id: last, method, params, sessionId })}\0`);
      }),
    onEvent: (listener) => void listeners.push(listener),
    async close() {
      child.kill('SIGKILL');
      await closed;
    },
  };
}

interface Answer {
  readonly done: (result: Members) => void;
  readonly fail: (error: Error) => void;
}

function readTexts(stream: Readable, take: (text: string) => void): void {
  let pieces: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => {
    let from = 0;
    for (let to = chunk.indexOf(0); to !== -1; to = chunk.indexOf(0, from)) {
      take(Buffer.concat([...pieces, chunk.subarray(from, to)]).toString('utf8'));
      pieces = [];
      from = to + 1;
    }
    pieces.push(chunk.subarray(from));
  });
}
