import {
  createLogger,
  createMetrics,
  type FileStates,
  type Logger,
  type Metrics,
  type PushWatcher,
  type RunningServer,
  type SelfSigned,
  type ServerOptions,
  startServer,
} from '@signet/admission';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { parseImagePaths } from '../inputs/reading.ts';
import type { Io } from '../io.ts';
import { explainListenError } from '../listen-error.ts';
import { type OutputOptions, outputOptions, writeJson } from '../options/output.ts';
import { lifetimesOf } from '../options/serving.ts';
import { untilAborted } from '../until-aborted.ts';
import type { ServeFlags } from './flags.ts';
import { openJudge, usePolicyOf } from './open-judge.ts';
import { openPullSecrets } from './pull-secrets.ts';
import { openSelfMade } from './self-made.ts';
import { readServerSecrets, type ServerSecrets, useSecretsOf } from './server-secrets.ts';
import { openSharedAnswers } from './share-answers.ts';
import { watchAll } from './watch-all.ts';
import { openWatcher } from './webhooks.ts';

/** Serves until it is told to stop. @throws {CliError}, {PolicyError}, {AdmissionError} for what is wrong at the start */
export async function serve(flags: ServeFlags, io: Io): Promise<ExitCode> {
  const output = outputOptions(flags, io);
  const customPaths = parseImagePaths(flags.imagePath ?? []);
  const stopped = io.untilStopped();
  const logger = createLogger({ level: flags.logLevel, write: (line) => io.stderr.write(line) });
  const metrics = createMetrics();
  const { close: closeSecrets, ...opened } = await openPullSecrets(flags, io, { metrics, logger });
  const lifetimes = lifetimesOf(flags);
  const { shared } = await openSharedAnswers(flags, { metrics, logger });
  const sharing = shared === undefined ? {} : { shared };
  const { client, read, ...judging } = await openJudge(flags, io, output, {
    lifetimes,
    metrics,
    ...opened,
    ...sharing,
  });
  const { judge } = judging;
  await shared?.listen((name) => judge.forget(name));
  const own = await openSelfMade(flags, io);
  const secrets = await readServerSecrets(flags, own);
  const onForget = (name: string): void => void shared?.forget(name);
  const following = await openWatcher(flags, { judge, metrics, logger, onForget });
  const servers = await listen({ flags, ...judging, metrics, logger, customPaths, secrets, ...following });
  const usePolicy = (from: FileStates) => usePolicyOf({ flags, io, judge, logger, metrics }, from);
  const inUse = { secrets };
  const useSecrets = (from: FileStates) => useSecretsOf({ flags, own, logger, server: servers[0], inUse }, from);
  const stopWatching = await watchAll([{ load: usePolicy, read }, { load: useSecrets }], flags.reload);
  tellAddress(servers, io, { flags, output, own });
  await untilAborted(stopped);
  stopWatching();
  await Promise.all(servers.map((server) => server.close()));
  await following.close();
  await closeSecrets();
  await shared?.close();
  await client.close();
  return io.signal.aborted ? EXIT.interrupted : EXIT.ok;
}

interface Serving extends Pick<ServerOptions, 'judge' | 'judgeFor' | 'customPaths'> {
  readonly flags: ServeFlags;
  readonly metrics: Metrics;
  readonly logger: Logger;
}

async function listen({
  flags,
  secrets,
  ...shared
}: Serving & { readonly secrets: ServerSecrets; readonly watcher?: PushWatcher }) {
  const { host, port, socket, requireClientCert, grace: closeMs } = flags;
  const servers: RunningServer[] = [];
  try {
    const needs = requireClientCert === true ? { needsClientCert: true } : {};
    servers.push(await startServer({ ...shared, ...secrets, ...needs, host, port, closeMs }));
    if (socket !== undefined) servers.push(await startServer({ ...shared, socket, closeMs }));
    return servers;
  } catch (error) {
    for (const server of servers) await server.close();
    throw explainListenError(error, servers.length === 0 ? `${host}:${port}` : `${socket}`);
  }
}

interface Told {
  readonly flags: ServeFlags;
  readonly output: OutputOptions;
  readonly own: SelfSigned | undefined;
}

/** Where it listens, and by which CA it is known where that is its own. */
function tellAddress(servers: readonly RunningServer[], io: Io, { flags, output, own }: Told): void {
  const urls = servers.map(({ url }) => url);
  const caBundle = own === undefined ? undefined : Buffer.from(own.ca).toString('base64');
  const bundle = caBundle === undefined ? {} : { caBundle };
  if (output.json) {
    writeJson(io, { urls, policy: flags.policy, ...bundle });
    return;
  }
  for (const url of urls) io.stdout.write(`signet serves ${url}\n`);
  if (caBundle !== undefined) io.stdout.write(`caBundle: ${caBundle}\n`);
}
