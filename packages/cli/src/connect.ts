import {
  azureIdentity,
  type ClientOptions,
  type ConfiguredCredentials,
  type CredentialSource,
  createRegistryClient,
  loadCredentials,
  openStore,
  parseReference,
  type Reference,
  type RegistryClient,
  type Store,
} from '@signet/oci';
import { escapeForTerminal } from '@signet/verifier';
import type { Io } from './io.ts';
import type { OutputOptions } from './options/output.ts';
import type { RegistryFlags } from './options/registry.ts';

/** The way to registries and layouts for one call of the program. */
export interface Connection {
  readonly client: RegistryClient;
  /** The logins that are kept. */
  readonly credentials: ConfiguredCredentials;
  /** The repository or layout that a reference names. @throws {RegistryError} CREDENTIALS before the first registry, LAYOUT_INVALID */
  readonly open: (reference: Reference, options?: { readonly create?: boolean }) => Promise<Store>;
  /** Ends all connections, where the process does not end with the call anyway. */
  readonly close: () => Promise<void>;
}

/** References and requests in flight unless `--concurrency` says otherwise. */
export const DEFAULT_CONCURRENCY = 32;

/** What a call is about to do. */
export interface ConnectOptions {
  /** The references that are known beforehand, as they were given (`-`: more will come). */
  readonly references: readonly string[];
  readonly onRequest?: () => void;
}

/**
 * A registry configuration that cannot be read is the caller's fault: told before any request, and once where the references are known.
 * Layouts need no login: for them alone, only a file that was named is looked at.
 * @throws {CliError} FILE_UNREADABLE, USAGE; {RegistryError} CREDENTIALS, REFERENCE_INVALID
 */
export async function connect(
  flags: RegistryFlags,
  io: Io,
  output: OutputOptions,
  watch: ConnectOptions,
): Promise<Connection> {
  const options = await clientOptions(flags, io, output);
  const { credentials, onRequest = () => undefined } = options;
  let checked: Promise<void> | undefined;
  const checkOnce = (): Promise<void> => {
    checked ??= credentials.check();
    return checked;
  };
  if (flags.registryConfig !== undefined || watch.references.some(isOfRegistry)) await checkOnce();
  const onEvent = (event: RequestEvent): void => {
    watch.onRequest?.();
    onRequest(event);
  };
  const client = createRegistryClient(watch.onRequest === undefined ? options : { ...options, onRequest: onEvent });
  return {
    client,
    credentials,
    async open(reference, options) {
      if (reference.kind === 'registry') await checkOnce();
      return openStore(reference, client, options);
    },
    async close() {
      if (io.endsProcess !== true) await client.close();
    },
  };
}

function isOfRegistry(text: string): boolean {
  return text !== '-' && parseReference(text).kind === 'registry';
}

/** For a call that turns out to ask no registry: a file that was named is meant all the same. @throws {RegistryError} CREDENTIALS */
export async function checkNamedConfig(
  { registryConfig }: Pick<RegistryFlags, 'registryConfig'>,
  io: Io,
): Promise<void> {
  if (registryConfig !== undefined) await loadCredentials({ env: io.env, configFile: registryConfig }).check();
}

/** What the flags say about registries. @throws {CliError} FILE_UNREADABLE, USAGE */
export async function clientOptions(
  flags: RegistryFlags,
  io: Io,
  output: OutputOptions,
): Promise<ClientOptions & Pick<Connection, 'credentials'>> {
  if (flags.insecureSkipTlsVerify === true) {
    io.stderr.write(
      'WARNING: --insecure-skip-tls-verify: TLS certificates are not checked; whoever is in between can read and change everything\n',
    );
  }
  const wantsTls = flags.caFile ?? flags.certFile ?? flags.keyFile;
  const tls = wantsTls === undefined ? {} : await (await import('./tls-files.ts')).readTlsFiles(flags);
  const { env } = io;
  const configFile = flags.registryConfig === undefined ? {} : { configFile: flags.registryConfig };
  return {
    credentials: withIdentity(loadCredentials({ env, ...configFile }), azureIdentity({ env })),
    env: io.env,
    ...(flags.plainHttp === true ? { plainHttp: true } : {}),
    ...(flags.insecureSkipTlsVerify === true ? { unsafeSkipTlsVerify: true } : {}),
    ...(flags.timeout === undefined ? {} : { timeouts: { totalMs: flags.timeout } }),
    ...(flags.concurrency === undefined ? {} : { concurrency: flags.concurrency }),
    ...tls,
    ...(output.verbose ? { onRequest: (event: RequestEvent) => io.stderr.write(requestLine(event)) } : {}),
  };
}

/** A login that was made for a registry goes before what the machine is. */
function withIdentity(files: ConfiguredCredentials, identity: CredentialSource | undefined): ConfiguredCredentials {
  if (identity === undefined) return files;
  return {
    check: (options) => files.check(options),
    get: async (...asked) => (await files.get(...asked)) ?? (await identity.get(...asked)),
  };
}

type RequestEvent = Parameters<NonNullable<ClientOptions['onRequest']>>[0];

function requestLine({ method, url, status, ms, attempt }: RequestEvent): string {
  const again = attempt > 1 ? ` (attempt ${attempt})` : '';
  return `${method} ${escapeForTerminal(url)} ${status ?? 'failed'} ${Math.round(ms)} ms${again}\n`;
}
