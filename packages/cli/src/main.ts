import { fstatSync } from 'node:fs';
import { CliError, renderError } from './errors.ts';
import { EXIT } from './exit-codes.ts';
import { type Io, processOutput } from './io.ts';
import { run } from './run.ts';
import { takeSecrets } from './secrets.ts';

/** The process: its streams, environment and signals become an `Io`, the program's answer its exit code. */
async function main(): Promise<void> {
  const interrupted = abortOnInterrupt();
  const secrets = takeSecrets(process.env);
  const [stdout, stderr] = [processOutput('stdout'), processOutput('stderr')];
  const io: Io = {
    stdout,
    stderr,
    get stdin() {
      return openStdin(interrupted); // only for commands that read it
    },
    secrets,
    env: process.env,
    signal: interrupted,
    untilStopped: () => AbortSignal.any([interrupted, abortOnTerminate()]),
    endsProcess: true,
  };
  const code = await run(process.argv.slice(2), io);
  // Connections that are kept open would hold the process back: it ends as soon as everything is written.
  await Promise.all([stdout.drained(), stderr.drained()]);
  const failure = stdout.failed();
  if (failure === undefined || failure === 'closed') process.exit(code);
  const { systemReason } = await import('./files.ts');
  const error = new CliError('FILE_UNWRITABLE', `cannot write standard output: ${systemReason(failure)}`);
  io.stderr.write(renderError(error));
  process.exit(code === EXIT.denied || code === EXIT.interrupted ? code : EXIT.usage);
}

/** A folder, which Node takes for an empty input, is refused; Ctrl-C ends the waiting. @throws {CliError} FILE_UNREADABLE */
function openStdin(interrupted: AbortSignal): NodeJS.ReadStream {
  if (process.platform !== 'win32' && fstatSync(0).isDirectory())
    throw new CliError('FILE_UNREADABLE', 'cannot read standard input: it is a folder');
  interrupted.addEventListener('abort', closeStdin, { once: true });
  return process.stdin;
}

function closeStdin(): void {
  process.stdin.destroy(new CliError('INTERRUPTED', 'interrupted'));
}

/** The first Ctrl-C lets the command clean up, the second (or two seconds) ends it. */
function abortOnInterrupt(): AbortSignal {
  const controller = new AbortController();
  process.on('SIGINT', () => {
    if (controller.signal.aborted) process.exit(EXIT.interrupted);
    controller.abort();
    setTimeout(() => process.exit(EXIT.interrupted), 2000).unref();
  });
  return controller.signal;
}

function abortOnTerminate(): AbortSignal {
  const controller = new AbortController();
  process.on('SIGTERM', () => controller.abort());
  return controller.signal;
}

void main();
