import {
  type ClientOptions,
  createRegistryClient,
  loadCredentials,
  openStore,
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
  /** The repository or layout that a reference names. @throws {RegistryError} LAYOUT_INVALID */
  readonly open: (reference: Reference, options?: { readonly create?: boolean }) => Promise<Store>;
  readonly close: () => Promise<void>;
}

/** References and requests in flight unless `--concurrency` says otherwise. */
export const DEFAULT_CONCURRENCY = 16;

/** @throws {CliError} FILE_UNREADABLE, USAGE; {RegistryError} CREDENTIALS */
export async function connect(
  flags: RegistryFlags,
  io: Io,
  output: OutputOptions,
  watch: { readonly onRequest?: () => void } = {},
): Promise<Connection> {
  const options = await clientOptions(flags, io, output);
  const { onRequest = () => undefined } = options;
  const onEvent = (event: RequestEvent): void => {
    watch.onRequest?.();
    onRequest(event);
  };
  const client = createRegistryClient(watch.onRequest === undefined ? options : { ...options, onRequest: onEvent });
  return {
    client,
    open: (reference, options) => openStore(reference, client, options),
    close: () => client.close(),
  };
}

/** What the flags say about registries. @throws {CliError} FILE_UNREADABLE, USAGE */
export async function clientOptions(flags: RegistryFlags, io: Io, output: OutputOptions): Promise<ClientOptions> {
  if (flags.insecureSkipTlsVerify === true) {
    io.stderr.write(
      'WARNING: --insecure-skip-tls-verify: TLS certificates are not checked; whoever is in between can read and change everything\n',
    );
  }
  const wantsTls = flags.caFile ?? flags.certFile ?? flags.keyFile;
  const tls = wantsTls === undefined ? {} : await (await import('./tls-files.ts')).readTlsFiles(flags);
  return {
    credentials: loadCredentials({
      env: io.env,
      ...(flags.registryConfig === undefined ? {} : { configFile: flags.registryConfig }),
    }),
    env: io.env,
    ...(flags.plainHttp === true ? { plainHttp: true } : {}),
    ...(flags.insecureSkipTlsVerify === true ? { unsafeSkipTlsVerify: true } : {}),
    ...(flags.timeout === undefined ? {} : { timeouts: { totalMs: flags.timeout } }),
    ...(flags.concurrency === undefined ? {} : { concurrency: flags.concurrency }),
    ...tls,
    ...(output.verbose ? { onRequest: (event: RequestEvent) => io.stderr.write(requestLine(event)) } : {}),
  };
}

type RequestEvent = Parameters<NonNullable<ClientOptions['onRequest']>>[0];

function requestLine({ method, url, status, ms, attempt }: RequestEvent): string {
  const again = attempt > 1 ? ` (attempt ${attempt})` : '';
  return `${method} ${escapeForTerminal(url)} ${status ?? 'failed'} ${Math.round(ms)} ms${again}\n`;
}
