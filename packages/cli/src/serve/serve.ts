import {
  createJudge,
  createLogger,
  createMetrics,
  isNamedHost,
  type Judge,
  type Metrics,
  mayConnect,
  type PushWatcher,
  type RunningServer,
  startServer,
  type Watched,
  watchFiles,
} from '@signet/admission';
import { type ClientOptions, createRegistryClient, type RegistryClient } from '@signet/oci';
import { escapeForTerminal, type Policy } from '@signet/verifier';
import { clientOptions } from '../connect.ts';
import { CliError } from '../errors.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { explainListenError } from '../listen-error.ts';
import { type OutputOptions, outputOptions, writeJson } from '../options/output.ts';
import { readPolicy } from '../policy/load.ts';
import type { ServeFlags } from './flags.ts';
import { readServerSecrets, type ServerSecrets } from './server-secrets.ts';
import { openWatcher } from './webhooks.ts';

type Logger = ReturnType<typeof createLogger>;

/** Serves until it is told to stop. @throws {CliError}, {PolicyError}, {AdmissionError} for what is wrong at the start */
export async function serve(flags: ServeFlags, io: Io): Promise<ExitCode> {
  const output = outputOptions(flags, io);
  const stopped = io.untilStopped();
  const logger = createLogger({ level: flags.logLevel, write: (line) => io.stderr.write(line) });
  const metrics = createMetrics();
  const { judge, client } = await openJudge(flags, io, output, metrics);
  const secrets = await readServerSecrets(flags);
  const following = await openWatcher(flags, { judge, metrics, logger });
  const servers = await listen({ flags, judge, metrics, logger, secrets, ...following });
  const watched = await watchAll({ flags, io, judge, metrics, logger, servers });
  tellAddress(servers, flags, io, output);
  await untilAborted(stopped);
  for (const each of watched) each.stop();
  await Promise.all(servers.map((server) => server.close()));
  await following.close();
  await client.close();
  return io.signal.aborted ? EXIT.interrupted : EXIT.ok;
}

async function openJudge(
  flags: ServeFlags,
  io: Io,
  output: OutputOptions,
  metrics: Metrics,
): Promise<{ readonly judge: Judge; readonly client: RegistryClient }> {
  const policy = await readPolicy(policyFile(flags), flags, io);
  const options = await clientOptions(flags, io, output);
  await options.credentials.check();
  let judge: Judge | undefined;
  const current = (): Policy => judge?.policy ?? policy;
  const client = createRegistryClient({ ...options, ...guards(flags, current), ...counted(options, metrics) });
  judge = createJudge({
    policy,
    open: (reference) => client.repository(reference),
    lifetimes: { freshMs: flags.fresh, staleMs: flags.stale, deniedMs: flags.denied, tagMs: flags.tags },
    limits: flags.timeout === undefined ? {} : { totalMs: flags.timeout },
    onAnswer: metrics.image,
  });
  metrics.policy(policy.revision);
  return { judge, client };
}

function policyFile({ policy }: ServeFlags): string {
  if (policy !== undefined && policy !== '-') return policy;
  throw new CliError('USAGE', 'a server needs a policy in a file', {
    hint: '--policy FILE (signet policy init writes one)',
  });
}

/** What a pod names must not lead the server to services of its own machine. */
function guards(flags: ServeFlags, policy: () => Policy): Pick<ClientOptions, 'mayConnect' | 'plainHttp'> {
  return {
    mayConnect: (host, address) => mayConnect(policy(), host, address),
    ...(flags.plainHttp === true ? { plainHttp: (host: string) => isNamedHost(policy(), host) } : {}),
  };
}

function counted({ onRequest }: ClientOptions, metrics: Metrics): Pick<ClientOptions, 'onRequest'> {
  return {
    onRequest(event) {
      metrics.registryRequest(event.status);
      onRequest?.(event);
    },
  };
}

interface Serving {
  readonly flags: ServeFlags;
  readonly judge: Judge;
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

/** Policy and secrets are looked at each by itself: one that is broken does not keep the other back. */
async function watchAll({
  flags,
  io,
  judge,
  metrics,
  logger,
  servers,
}: Serving & { readonly io: Io; readonly servers: readonly RunningServer[] }): Promise<readonly Watched[]> {
  const usePolicy = async (): Promise<readonly string[]> => {
    const files: string[] = [];
    try {
      const policy = await readPolicy(policyFile(flags), flags, io, (path) => files.push(path));
      if (policy.revision !== judge.policy.revision) {
        judge.usePolicy(policy);
        metrics.policy(policy.revision);
        logger.info({ policy: policy.revision }, 'policy changed');
      }
    } catch (error) {
      metrics.policyFailed();
      logger.error(
        { reason: reasonOf(error), policy: judge.policy.revision },
        'policy is broken: the one before is kept',
      );
    }
    return files;
  };
  const useSecrets = async (): Promise<readonly string[]> => {
    const { tlsCert, tlsKey, clientCa, tokenFile, webhookSecretFile } = flags;
    try {
      const secrets = await readServerSecrets(flags);
      servers[0]?.useSecrets(secrets);
    } catch (error) {
      logger.error({ reason: reasonOf(error) }, 'certificate or tokens are broken: those before are kept');
    }
    return [tlsCert, tlsKey, clientCa, tokenFile, webhookSecretFile].filter((file) => file !== undefined);
  };
  const watched = await Promise.all([usePolicy, useSecrets].map((load) => watchFiles({ load, everyMs: flags.reload })));
  const look = (): void => void Promise.all(watched.map((each) => each.check({ force: true })));
  process.on('SIGHUP', look);
  return [...watched, { check: async () => {}, stop: () => process.off('SIGHUP', look) }];
}

function reasonOf(error: unknown): string {
  return escapeForTerminal(error instanceof Error ? error.message : String(error));
}

function tellAddress(servers: readonly RunningServer[], flags: ServeFlags, io: Io, output: OutputOptions): void {
  const urls = servers.map(({ url }) => url);
  if (output.json) writeJson(io, { urls, policy: flags.policy });
  else for (const url of urls) io.stdout.write(`signet serves ${url}\n`);
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
