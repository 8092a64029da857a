import { EXIT } from './exit-codes.ts';
import { type Io, processOutput } from './io.ts';
import { run } from './run.ts';
import { takeSecrets } from './secrets.ts';

/** The process: its streams, environment and signals become an `Io`, the program's answer its exit code. */
async function main(): Promise<void> {
  const interrupted = abortOnInterrupt();
  const secrets = takeSecrets(process.env);
  const io: Io = {
    stdout: processOutput(process.stdout),
    stderr: processOutput(process.stderr),
    get stdin() {
      return process.stdin; // opened only by commands that read it
    },
    secrets,
    env: process.env,
    signal: interrupted,
    untilStopped: () => AbortSignal.any([interrupted, abortOnTerminate()]),
  };
  const code = await run(process.argv.slice(2), io);
  // Connections that are kept open would hold the process back: it ends as soon as everything is written.
  await Promise.all([drained(process.stdout), drained(process.stderr)]);
  process.exit(code);
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

function drained(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((done) => {
    if (stream.destroyed || stream.writableLength === 0) done();
    else stream.write('', () => done());
  });
}

void main();
