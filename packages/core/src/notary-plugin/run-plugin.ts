import { type ChildProcess, spawn } from 'node:child_process';
import { PluginError } from '../errors.ts';
import type { PluginCommand } from './command.ts';
import { failureOf } from './own-failure.ts';
import type { PluginPlace } from './plugin-name.ts';

/** How a plugin is run. */
export interface RunPluginOptions {
  /** The whole environment that it gets, as notation hands on its own; passwords of the caller are not in it. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Default 60 s: a key that a person confirms takes its time. */
  readonly timeoutMs?: number;
  /** Of each of both outputs. Default 64 MiB. Rule: wire-formats 12. */
  readonly maxBytes?: number;
  readonly signal?: AbortSignal;
}

const defaultTimeoutMs = 60_000;
const maxOutputBytes: number = 64 * 1024 * 1024;

/**
 * Runs one command of a plugin, without a shell: the request goes to its standard input as JSON, what it writes to standard output is given.
 * Rule: wire-formats 10.
 * @throws {PluginError} PLUGIN_FAILED for what it says itself, another exit code or a signal; PLUGIN_TIMED_OUT, PLUGIN_OUTPUT_TOO_LARGE,
 * PLUGIN_FILE_UNFIT where it cannot be started; the reason of the signal
 */
export async function runPlugin(
  plugin: PluginPlace,
  command: PluginCommand,
  { request, ...options }: RunPluginOptions & { readonly request: unknown },
): Promise<Uint8Array> {
  options.signal?.throwIfAborted();
  const what = `the plugin ${plugin.name}: ${command}`;
  const ended = await runToEnd(plugin, command, { what, input: JSON.stringify(request), ...options });
  if (ended.code === 0) return ended.stdout;
  throw failureOf(what, ended);
}

/** How it ended. */
interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
}

type Run = RunPluginOptions & { readonly what: string; readonly input: string };

function runToEnd(plugin: PluginPlace, command: PluginCommand, run: Run): Promise<Ended> {
  const { what, timeoutMs = defaultTimeoutMs, maxBytes = maxOutputBytes, signal } = run;
  return new Promise((resolve, reject) => {
    const child = spawn(plugin.path, [command], {
      env: { ...run.env },
      stdio: ['pipe', 'pipe', 'pipe'],
      windowsHide: true,
    });
    const stop = (error: unknown): void => {
      finish();
      end(child);
      reject(error);
    };
    const late = (): void =>
      stop(new PluginError('PLUGIN_TIMED_OUT', `${what} was not done after ${timeoutMs} ms, and was ended`));
    const timer = setTimeout(late, timeoutMs);
    const onAbort = (): void => stop(signal?.reason);
    const finish = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    const tooMuch = (name: string): void =>
      stop(new PluginError('PLUGIN_OUTPUT_TOO_LARGE', `${what} wrote more than ${maxBytes} bytes to its ${name}`));
    const stdout = gather(child.stdout, maxBytes, () => tooMuch('standard output'));
    const stderr = gather(child.stderr, maxBytes, () => tooMuch('standard error'));
    child.once('error', (cause) =>
      stop(new PluginError('PLUGIN_FILE_UNFIT', `${what} cannot be started: ${cause.message}`, { cause })),
    );
    child.once('close', (code, by) => {
      finish();
      resolve({ code, signal: by, stdout: stdout(), stderr: stderr() });
    });
    // It may end without having read the request: how it ends says the rest (EPIPE).
    child.stdin.on('error', () => {});
    child.stdin.end(run.input);
  });
}

/** Programs that it has started may hold its outputs open: they are not waited for. */
function end(child: ChildProcess): void {
  child.kill('SIGKILL');
  child.stdout?.destroy();
  child.stderr?.destroy();
}

function gather(stream: NodeJS.ReadableStream, maxBytes: number, tooMuch: () => void): () => Uint8Array {
  const chunks: Uint8Array[] = [];
  let size = 0;
  stream.on('data', (chunk: Uint8Array) => {
    size += chunk.length;
    if (size > maxBytes) return tooMuch();
    chunks.push(chunk);
  });
  // A stream that was destroyed on purpose may say so.
  stream.on('error', () => {});
  return () => Buffer.concat(chunks);
}
