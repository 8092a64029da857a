import {
  createLogger,
  createMetrics,
  createPushSigner,
  type FileStates,
  type ImageToSign,
  type PushSignerOptions,
  type RunningServer,
  rulesMetBy,
  type ServerOptions,
  startServer,
  unruled,
} from '@signet/admission';
import { EnvelopeError, type Signer, signFormat, signImage } from '@signet/core';
import type { RegistryClient } from '@signet/oci';
import { type ImagePattern, type Policy, parseImagePattern } from '@signet/verifier';
import { CliError } from '../errors.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { explainListenError } from '../listen-error.ts';
import { outputOptions, writeJson } from '../options/output.ts';
import { openJudge, usePolicyOf } from '../serve/open-judge.ts';
import { readServerSecrets, useSecretsOf } from '../serve/server-secrets.ts';
import { watchAll } from '../serve/watch-all.ts';
import { openNotifier, parseHosts } from '../serve/webhooks.ts';
import { readSigner } from '../signing-key.ts';
import { untilAborted } from '../until-aborted.ts';
import type { PushSignerFlags } from './flags.ts';

/** Signs what registries tell of until it is told to stop. @throws {CliError}, {PolicyError}, {KeyError}, {AdmissionError} for what is wrong at the start */
export async function servePushSigner(flags: PushSignerFlags, io: Io): Promise<ExitCode> {
  const output = outputOptions(flags, io);
  const repositories = parseRepositories(flags);
  const secrets = await readServerSecrets(flags);
  const signer = await readSigner(flags, io);
  const stopped = io.untilStopped();
  const logger = createLogger({ level: flags.logLevel, write: (line) => io.stderr.write(line) });
  const metrics = createMetrics();
  const { judge, client, read } = await openJudge(flags, io, output, { metrics });
  const check = (policy: Policy): void => checkPolicy(policy, repositories, signer);
  check(judge.policy);
  const notifier = await openNotifier(flags, metrics, logger);
  const watcher = createPushSigner({
    judge,
    repositories,
    sign: (image) => signPushed(image, { client, signer, flags }),
    logger,
    hosts: parseHosts(flags.webhookHost ?? []),
    onResult: metrics.pushSignature,
    ...(notifier === undefined ? {} : { notifier }),
  });
  const server = await listen(flags, { judge, metrics, logger, watcher, onlyWebhooks: true, ...secrets });
  const usePolicy = (from: FileStates) => usePolicyOf({ flags, io, judge, logger, metrics, check }, from);
  const inUse = { secrets };
  const useSecrets = (from: FileStates) => useSecretsOf({ flags, logger, server, inUse }, from);
  const stopWatching = await watchAll([{ load: usePolicy, read }, { load: useSecrets }], flags.reload);
  if (output.json) writeJson(io, { url: server.url, policy: flags.policy, key: signer.publicKey.id });
  else io.stdout.write(`signet signs pushes told at ${server.url}\n`);
  await untilAborted(stopped);
  stopWatching();
  await server.close();
  await watcher.close();
  await notifier?.close();
  await client.close();
  return io.signal.aborted ? EXIT.interrupted : EXIT.ok;
}

/** @throws {CliError} USAGE; {PolicyError} POLICY_INVALID for what is no pattern */
function parseRepositories({ repository = [], webhookSecretFile }: PushSignerFlags): readonly ImagePattern[] {
  if (repository.length === 0)
    throw new CliError('USAGE', 'nothing is signed that is not listed', {
      hint: '--repository registry.example.com/team/** lists repositories',
    });
  if (webhookSecretFile === undefined)
    throw new CliError('USAGE', '--webhook-secret-file is missing: without a secret everybody could tell of pushes');
  return repository.map((text) => {
    const pattern = parseImagePattern(text);
    if (pattern.tag === undefined && pattern.digest === undefined) return pattern;
    throw new CliError('USAGE', `--repository ${text.slice(0, 200)}: a repository has no tag and no digest`);
  });
}

/**
 * What the key signs because of a rule must prove something that the key alone could not: its own signatures may not count there.
 * @throws {CliError} USAGE
 */
function checkPolicy(policy: Policy, repositories: readonly ImagePattern[], signer: Signer): void {
  const [met] = rulesMetBy(signer.publicKey.id, policy, repositories);
  if (met !== undefined)
    throw new CliError(
      'USAGE',
      `rule ${met} counts signatures of the key that signs: what it signs would prove nothing`,
      {
        hint: 'sign with a key of its own, which no rule for these repositories names',
      },
    );
  const [none] = unruled(policy, repositories);
  if (none === undefined) return;
  throw new CliError('USAGE', `no rule of the policy verifies anything in ${none}: nothing could be signed there`);
}

interface Signing {
  readonly client: RegistryClient;
  readonly signer: Signer;
  readonly flags: PushSignerFlags;
}

/** Milliseconds of one signature, reading back included. */
const signMs = 120_000;

async function signPushed(
  { reference, bindsTag }: ImageToSign,
  { client, signer, flags }: Signing,
): ReturnType<PushSignerOptions['sign']> {
  try {
    const [result] = await signImage({
      store: client.repository(reference),
      reference,
      format: signFormat(flags.format),
      signedAtMs: Date.now(),
      noTag: !bindsTag,
      signer,
      signal: AbortSignal.timeout(signMs),
    });
    return result?.outcome === 'new' ? 'signed' : 'already-there';
  } catch (error) {
    if (error instanceof EnvelopeError && error.code === 'SUBJECT_CHANGED') return 'moved';
    throw error;
  }
}

async function listen(flags: PushSignerFlags, options: ServerOptions): Promise<RunningServer> {
  const { host, port, requireClientCert, grace: closeMs } = flags;
  const needs = requireClientCert === true ? { needsClientCert: true } : {};
  try {
    return await startServer({ ...options, ...needs, host, port, closeMs });
  } catch (error) {
    throw explainListenError(error, `${host}:${port}`);
  }
}
