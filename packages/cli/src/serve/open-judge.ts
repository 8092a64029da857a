import {
  createFileStates,
  createJudge,
  createJudgeWithLogins,
  type FileStates,
  isNamedHost,
  type Judge,
  type JudgeOptions,
  type Logger,
  type Login,
  type Metrics,
  mayConnect,
  type PullSecrets,
  type ServerOptions,
} from '@signet/admission';
import { type ClientOptions, type CredentialSource, createRegistryClient, type RegistryClient } from '@signet/oci';
import { escapeForTerminal, type Policy } from '@signet/verifier';
import { clientOptions } from '../connect.ts';
import { CliError } from '../errors.ts';
import type { Io } from '../io.ts';
import type { ExampleKeyFlags } from '../options/keys.ts';
import type { OutputOptions } from '../options/output.ts';
import type { PluginConfigFlags, PolicyFlags } from '../options/policy.ts';
import type { RegistryFlags } from '../options/registry.ts';
import type { ServerStateFlags } from '../options/serving.ts';
import { readPolicy } from '../policy/load.ts';
import { serverTags } from '../tags/server-tags.ts';
import { callWitnesses } from '../verify/witnesses.ts';

/** What a resident verifier is made of. */
export type JudgeFlags = PolicyFlags & PluginConfigFlags & ExampleKeyFlags & RegistryFlags & ServerStateFlags;

/** What differs between servers. */
export interface JudgeSetUp extends Pick<JudgeOptions, 'lifetimes' | 'shared'> {
  /** Told of answers and requests to registries, where somebody reads it. */
  readonly metrics?: Metrics;
  /** Which hosts are asked by plain HTTP. Default: as `--plain-http` says. */
  readonly plainHttp?: (host: string) => boolean;
  /** Used for reviews of a namespace. */
  readonly pullSecrets?: PullSecrets;
}

/** A judge, and its connections, which its owner closes. */
export interface OpenedJudge extends Pick<ServerOptions, 'judge' | 'judgeFor'> {
  readonly client: RegistryClient;
  /** What the connections were made with. */
  readonly clientOptions: ClientOptions;
  /** The files of the policy. */
  readonly read: FileStates;
}

/** The policy and the credentials are looked at here. @throws {CliError}, {PolicyError}, {KeyError}; {RegistryError} CREDENTIALS */
export async function openJudge(
  flags: JudgeFlags,
  io: Io,
  output: OutputOptions,
  { lifetimes = {}, metrics, plainHttp, pullSecrets, shared }: JudgeSetUp = {},
): Promise<OpenedJudge> {
  const read = createFileStates();
  const policy = await readPolicy(policyFile(flags), flags, io, read.note);
  const options = await clientOptions(flags, io, output);
  await options.credentials.check();
  let judge: Judge | undefined;
  const current = (): Policy => judge?.policy ?? policy;
  const timeouts = { ...options.timeouts, ...hanging };
  const scheme = plainHttp === undefined ? {} : { plainHttp };
  const guarded = { ...options, timeouts, ...guards(flags, current), ...counted(options, metrics), ...scheme };
  const client = createRegistryClient(guarded);
  const opened = judgeBy(pullSecrets, client, {
    policy,
    open: (reference) => client.repository(reference),
    lifetimes,
    limits: flags.timeout === undefined ? {} : { totalMs: flags.timeout },
    ...(metrics === undefined ? {} : { onAnswer: metrics.image }),
    ...(shared === undefined ? {} : { shared }),
    trustedTags: serverTags(flags.state),
    witnesses: callWitnesses(flags, io),
  });
  judge = opened.judge;
  metrics?.policy(policy.revision);
  return { ...opened, client, clientOptions: guarded, read };
}

function judgeBy(
  pullSecrets: PullSecrets | undefined,
  client: RegistryClient,
  options: JudgeOptions,
): Pick<OpenedJudge, 'judge' | 'judgeFor'> {
  if (pullSecrets === undefined) return { judge: createJudge(options) };
  const judge = createJudgeWithLogins({
    ...options,
    openAs: (login) => client.withCredentials(only(login)).repository,
  });
  return { judge, judgeFor: (asker) => judge.askedBy(pullSecrets.loginsOf(asker)) };
}

/** For the registry that it is for, and no other. */
function only({ registry, credential }: Login): CredentialSource {
  return { get: async (asked) => (asked === registry ? credential : undefined) };
}

/** What hangs is given up before any caller's time is up: who asks next would wait for it, too. Milliseconds. */
const hanging = { connectMs: 3000, headersMs: 5000 };

/** What is told of a policy that changed. */
export interface PolicyUse {
  readonly flags: JudgeFlags;
  readonly io: Io;
  readonly judge: Judge;
  readonly logger: Logger;
  readonly metrics?: Metrics;
  /** Throws for a policy that is not taken. */
  readonly check?: (policy: Policy) => void;
}

/** Takes the policy of the file into use where it is good, else keeps the one before, loudly. Never rejects. */
export async function usePolicyOf(use: PolicyUse, read: FileStates): Promise<void> {
  const { flags, io, judge, logger, metrics, check } = use;
  try {
    const policy = await readPolicy(policyFile(flags), flags, io, read.note);
    check?.(policy);
    if (policy.revision !== judge.policy.revision) {
      judge.usePolicy(policy);
      metrics?.policy(policy.revision);
      logger.info({ policy: policy.revision }, 'policy changed');
    }
  } catch (error) {
    metrics?.policyFailed();
    logger.error(
      { reason: reasonOf(error), policy: judge.policy.revision },
      'policy is broken: the one before is kept',
    );
  }
}

/** Text of an error as a log line holds it. */
export function reasonOf(error: unknown): string {
  return escapeForTerminal(error instanceof Error ? error.message : String(error));
}

function policyFile({ policy }: PolicyFlags): string {
  if (policy !== undefined && policy !== '-') return policy;
  throw new CliError('USAGE', 'a server needs a policy in a file', {
    hint: '--policy FILE (signet policy init writes one)',
  });
}

/** What a pod names must not lead the server to services of its own machine. */
function guards(flags: RegistryFlags, policy: () => Policy): Pick<ClientOptions, 'mayConnect' | 'plainHttp'> {
  return {
    mayConnect: (host, address) => mayConnect(policy(), host, address),
    ...(flags.plainHttp === true ? { plainHttp: (host: string) => isNamedHost(policy(), host) } : {}),
  };
}

function counted({ onRequest }: ClientOptions, metrics: Metrics | undefined): Pick<ClientOptions, 'onRequest'> {
  if (metrics === undefined) return {};
  return {
    onRequest(event) {
      metrics.registryRequest(event.status);
      onRequest?.(event);
    },
  };
}
