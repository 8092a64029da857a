import { type ChildProcess, spawn } from 'node:child_process';
import { HarnessError } from './harness-error.ts';

/** How a finished program ended. `code` is -1 when a signal ended it, and `signal` says which. */
export interface RunResult {
  readonly code: number;
  readonly signal?: NodeJS.Signals;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * `env` is added to this process's environment (`undefined` takes a variable away); `timeoutMs` (default 60,000) kills. `killWhen`: the
 * program is killed (SIGKILL) when it resolves, and how it ended is a result.
 */
export interface RunOptions {
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  readonly input?: string | Uint8Array | undefined;
  readonly cwd?: string | undefined;
  readonly timeoutMs?: number | undefined;
  readonly killWhen?: Promise<unknown> | undefined;
}

/**
 * Runs a program to its end and gives all that it said. A code other than 0 is a result.
 * @throws {HarnessError} when it cannot be started or does not end in time.
 */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const { timeoutMs = 60_000 } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      env: mergedEnv(options.env),
      stdio: ['pipe', 'pipe', 'pipe'],
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    const out = gather(child);
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill('SIGKILL');
    }, timeoutMs);
    void options.killWhen?.then(() => child.kill('SIGKILL'));
    child.on('error', (cause) => {
      clearTimeout(timer);
      reject(new HarnessError(`${command}: ${cause.message}`, { cause }));
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      const text = { stdout: out.stdout(), stderr: out.stderr() };
      if (late) reject(new HarnessError(`${command} ${args.join(' ')}: not done in ${timeoutMs} ms\n${text.stderr}`));
      else resolve({ code: code ?? -1, ...(signal === null ? {} : { signal }), ...text });
    });
    // A program may end without reading its input: that is its own affair (EPIPE).
    child.stdin.on('error', () => {});
    child.stdin.end(options.input);
  });
}

/**
 * As `run`, for steps that must succeed (pushing a sample image): gives standard output.
 * @throws {HarnessError} with what the program said when its exit code is not 0.
 */
export async function runOk(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const done = await run(command, args, options);
  if (done.code === 0) return done.stdout;
  throw new HarnessError(`${command} ${args.join(' ')}: exit ${done.code}\n${done.stdout}${done.stderr}`);
}

/** A server that a test started: killed by `stop`, and with this process at the latest. */
export interface StartedProcess {
  readonly child: ChildProcess;
  /** The groups of the pattern that the server's output matched. */
  readonly match: RegExpMatchArray;
  /** All that it has said so far, both streams. */
  output(): string;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** What tells that a server is ready: a pattern in its output, within `timeoutMs` (default 20,000). */
export interface StartOptions extends RunOptions {
  readonly ready: RegExp;
}

/** Starts a server and waits for its ready line. @throws {HarnessError} when it ends or stays silent before that. */
export function startProcess(command: string, args: readonly string[], options: StartOptions): Promise<StartedProcess> {
  const { timeoutMs = 20_000 } = options;
  const child = spawn(command, args, {
    env: mergedEnv(options.env),
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  const out = gather(child);
  const output = (): string => out.stdout() + out.stderr();
  const killWithUs = (): void => void child.kill('SIGKILL');
  process.once('exit', killWithUs);
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
    child.once('error', () => resolve());
  }).then(() => void process.off('exit', killWithUs));
  const stop = async (signal: NodeJS.Signals = 'SIGKILL'): Promise<void> => {
    child.kill(signal);
    await ended;
  };
  return new Promise((resolve, reject) => {
    const fail = (why: string): void => {
      clearTimeout(timer);
      child.kill('SIGKILL');
      reject(new HarnessError(`${command}: ${why}\n${output()}`));
    };
    const timer = setTimeout(() => fail(`not ready in ${timeoutMs} ms`), timeoutMs);
    const look = (): void => {
      const match = options.ready.exec(output());
      if (match === null) return;
      clearTimeout(timer);
      // Else all that a server ever logs would be looked through again with every line of it.
      child.stdout.off('data', look);
      child.stderr.off('data', look);
      resolve({ child, match, output, stop });
    };
    child.stdout.on('data', look);
    child.stderr.on('data', look);
    child.once('error', (cause) => fail(cause.message));
    child.once('close', () => fail('ended before it was ready'));
  });
}

interface Gathered {
  stdout(): string;
  stderr(): string;
}

function gather(child: ChildProcess): Gathered {
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => stderr.push(chunk));
  return {
    stdout: () => Buffer.concat(stdout).toString('utf8'),
    stderr: () => Buffer.concat(stderr).toString('utf8'),
  };
}

function mergedEnv(added: RunOptions['env']): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { ...process.env };
  for (const [name, value] of Object.entries(added ?? {})) {
    if (value === undefined) delete env[name];
    else env[name] = value;
  }
  return env;
}
