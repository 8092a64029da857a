import {
  type ContentCache,
  createLogger,
  createMetrics,
  createUpstreams,
  type FileStates,
  type Logger,
  openContentCache,
  parseUpstream,
  type RunningProxy,
  startProxy,
  type Upstreams,
} from '@signet/admission';
import { createRegistryClient } from '@signet/oci';
import { CliError } from '../errors.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { explainListenError } from '../listen-error.ts';
import { outputOptions, writeJson } from '../options/output.ts';
import { lifetimesOf } from '../options/serving.ts';
import { openJudge, reasonOf, usePolicyOf } from '../serve/open-judge.ts';
import { watchAll } from '../serve/watch-all.ts';
import { untilAborted } from '../until-aborted.ts';
import type { ProxyFlags } from './flags.ts';
import { readProxySecrets, secretFiles } from './secrets.ts';

/** Transfers of blobs at the same time, for each registry: as many as its clients are slow. */
const maxTransfers = 128;

/** Serves until it is told to stop. @throws {CliError}, {PolicyError}, {AdmissionError} for what is wrong at the start */
export async function serveProxy(flags: ProxyFlags, io: Io): Promise<ExitCode> {
  const output = outputOptions(flags, io);
  const stopped = io.untilStopped();
  const logger = createLogger({ level: flags.logLevel, write: (line) => io.stderr.write(line) });
  const metrics = createMetrics();
  const upstreams = upstreamsOf(flags);
  const plainHttp = upstreams.isPlainHttp;
  const opened = await openJudge(flags, io, output, { lifetimes: lifetimesOf(flags), metrics, plainHttp });
  const { judge, client, clientOptions, read } = opened;
  const blobs = createRegistryClient({ ...clientOptions, concurrency: maxTransfers });
  const secrets = await readProxySecrets(flags);
  const cache = await openCache(flags, logger);
  const proxy = await start(flags, () =>
    startProxy({
      ...secrets,
      judge,
      upstreams,
      open: (reference) => client.repository(reference),
      openBlobs: (reference) => blobs.repository(reference),
      metrics,
      logger,
      host: flags.host,
      port: flags.port,
      usesTokens: flags.token === true,
      allowAnonymous: flags.allowAnonymous === true,
      closeMs: flags.grace,
      ...(cache === undefined ? {} : { cache }),
    }),
  ).catch(async (error: unknown) => {
    await cache?.close();
    throw error;
  });
  const usePolicy = (from: FileStates) => usePolicyOf({ flags, io, judge, logger, metrics }, from);
  const useSecrets = (from: FileStates) => useSecretsOf(flags, logger, proxy, from);
  const stopWatching = await watchAll([{ load: usePolicy, read }, { load: useSecrets }], flags.reload);
  if (output.json) writeJson(io, { url: proxy.url, upstreams: upstreams.list.map(({ registry }) => registry) });
  else io.stdout.write(`signet proxy serves ${proxy.url}\n`);
  await untilAborted(stopped);
  stopWatching();
  await proxy.close();
  await Promise.all([client.close(), blobs.close()]);
  await cache?.close();
  return io.signal.aborted ? EXIT.interrupted : EXIT.ok;
}

function upstreamsOf({ upstream = [], plainHttp }: ProxyFlags): Upstreams {
  if (upstream.length === 0)
    throw new CliError('USAGE', 'a proxy needs a registry behind it', { hint: '--upstream https://registry.example' });
  if (plainHttp === true)
    throw new CliError('USAGE', '--plain-http is not for a proxy', { hint: 'say http:// in --upstream' });
  return createUpstreams(upstream.map(parseUpstream));
}

async function openCache({ cache, cacheSize }: ProxyFlags, logger: Logger): Promise<ContentCache | undefined> {
  if (cache === undefined) return undefined;
  const onFailure = (error: unknown): void => logger.warn({ reason: reasonOf(error) }, 'the cache failed');
  return await openContentCache(cache, { maxBytes: cacheSize, onFailure });
}

async function start({ host, port }: ProxyFlags, run: () => Promise<RunningProxy>): Promise<RunningProxy> {
  try {
    return await run();
  } catch (error) {
    throw explainListenError(error, `${host}:${port}`);
  }
}

/** The certificate and the accounts, where they are good, else those before. Never rejects. */
async function useSecretsOf(flags: ProxyFlags, logger: Logger, proxy: RunningProxy, read: FileStates): Promise<void> {
  for (const file of secretFiles(flags)) read.note(file);
  try {
    proxy.useSecrets(await readProxySecrets(flags));
  } catch (error) {
    logger.error({ reason: reasonOf(error) }, 'certificate, accounts or tokens are broken: those before are kept');
  }
}
