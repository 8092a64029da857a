import { createLogger, type FileStates, type Logger, type RunningGate, startDockerGate } from '@signet/admission';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { explainListenError } from '../listen-error.ts';
import { outputOptions, writeJson } from '../options/output.ts';
import { type OpenedJudge, openJudge, usePolicyOf } from '../serve/open-judge.ts';
import { watchAll } from '../serve/watch-all.ts';
import { untilAborted } from '../until-aborted.ts';
import type { DockerFlags } from './docker-flags.ts';

/** The daemon's own limit for nothing: so long a client of Docker waits for an answer. */
const defaultTimeoutMs = 30_000;

/** Serves the plugin until it is told to stop. @throws {CliError}, {PolicyError}, {AdmissionError} for what is wrong at the start */
export async function serveDocker(flags: DockerFlags, io: Io): Promise<ExitCode> {
  const output = outputOptions(flags, io);
  const stopped = io.untilStopped();
  const logger = createLogger({ level: flags.logLevel, write: (line) => io.stderr.write(line) });
  const { judge, client, read } = await openJudge(flags, io, output);
  const gate = await listen(flags, judge, logger);
  const usePolicy = (from: FileStates) => usePolicyOf({ flags, io, judge, logger }, from);
  const stopWatching = await watchAll([{ load: usePolicy, read }], flags.reload);
  if (output.json) writeJson(io, { socket: flags.socket, policy: judge.policy.revision });
  else io.stdout.write(`signet gates docker at ${flags.socket}\n`);
  await untilAborted(stopped);
  stopWatching();
  await gate.close();
  await client.close();
  return io.signal.aborted ? EXIT.interrupted : EXIT.ok;
}

async function listen(flags: DockerFlags, judge: OpenedJudge['judge'], logger: Logger): Promise<RunningGate> {
  const { socket, dockerSocket: daemon, timeout: timeoutMs = defaultTimeoutMs, allow = [] } = flags;
  try {
    return await startDockerGate({ judge, logger, socket, daemon, timeoutMs, allowed: new Set(allow) });
  } catch (error) {
    throw explainListenError(error, socket);
  }
}
