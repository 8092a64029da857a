import { readFile, realpath } from 'node:fs/promises';
import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { makeFolders } from '@signet/oci';
import { createBasicGate, createTokenGate, type Gate, openGate } from './auth/gate.ts';
import { type Accounts, parseHtpasswd } from './auth/htpasswd.ts';
import { createTokenEndpoint, type TokenEndpoint } from './auth/token-endpoint.ts';
import { createTokenSigner } from './auth/tokens.ts';
import { RegistryStartError, show } from './errors.ts';
import { type Dispatch, dispatch } from './http/dispatch.ts';
import { createListener, type Handle } from './http/listener.ts';
import { defaultRegistryLimits, type RegistryLimits, type RegistryOptions } from './options.ts';
import { openRepositories } from './storage/repositories.ts';
import { lockRoot } from './storage/root-lock.ts';
import { Uploads } from './uploads/uploads.ts';

/** A registry that is being served. */
export interface RunningRegistry {
  /** The host it listens at, without port. */
  readonly host: string;
  readonly port: number;
  /** `host:port`, as references begin. */
  readonly address: string;
  readonly url: string;
  /** Stops accepting, lets requests in flight finish within the limit, and releases the folder. */
  close(): Promise<void>;
}

/**
 * Serves the OCI distribution API 1.1 over image layouts in a folder. A development registry: for one machine, tests and demos; it has no
 * quotas, no garbage collection, no replication.
 * @throws {RegistryStartError} ROOT_IN_USE, ROOT_INVALID, HTPASSWD_INVALID, OPTIONS_INVALID; what node throws for an unusable port
 */
export async function startRegistry(options: RegistryOptions): Promise<RunningRegistry> {
  const limits = { ...defaultRegistryLimits, ...options.limits };
  const access = await openAccess(options);
  const root = await makeRoot(options.root);
  const release = await lockRoot(root);
  try {
    const { serving, stopSweeping } = await openStorage(options, root, limits);
    return await serve(options, limits, { ...access, registry: serving }, async () => {
      stopSweeping();
      await release();
    });
  } catch (error) {
    await release();
    throw error;
  }
}

async function makeRoot(path: string): Promise<string> {
  try {
    await makeFolders(path);
    return await realpath(path);
  } catch (cause) {
    throw new RegistryStartError('ROOT_INVALID', `cannot use ${show(path)} as the registry's folder`, { cause });
  }
}

interface Storage {
  readonly serving: Dispatch['registry'];
  readonly stopSweeping: () => void;
}

async function openStorage(options: RegistryOptions, root: string, limits: RegistryLimits): Promise<Storage> {
  const repositories = await openRepositories(root, limits.cacheBytes);
  const uploads = new Uploads({ limits, now: options.now ?? Date.now });
  const sweep = (): void => void uploads.expire(repositories.uploadDirs()).catch(() => {}); // next time again
  sweep();
  const timer = setInterval(sweep, Math.max(1000, Math.min(limits.uploadExpiryMs / 4, 5 * 60_000)));
  timer.unref();
  const serving = { repositories, uploads, limits, referrersApi: options.referrersApi ?? true };
  return { serving, stopSweeping: () => clearInterval(timer) };
}

async function serve(
  options: RegistryOptions,
  limits: RegistryLimits,
  on: Dispatch,
  release: () => Promise<void>,
): Promise<RunningRegistry> {
  const { tls, logger } = options;
  const inFlight = new Set<Promise<void>>();
  const handle: Handle = (request, response) => {
    const work = dispatch(on, request, response);
    const settled = work.catch(() => {}).finally(() => inFlight.delete(settled)); // the listener answers the failure
    inFlight.add(settled);
    return work;
  };
  const server = createListener({ limits, handle, ...(tls ? { tls } : {}), ...(logger ? { logger } : {}) });
  const { host, port } = await listen(server, options);
  const address = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= stop(server, inFlight, limits.closeMs).then(release);
    return closing;
  };
  return { host, port, address, url: `${tls === undefined ? 'http' : 'https'}://${address}`, close };
}

function listen(
  server: Server,
  { host = '127.0.0.1', port = 0 }: RegistryOptions,
): Promise<AddressInfo & { host: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<AddressInfo & { host: string }>();
  server.once('error', reject);
  server.listen(port, host, () => {
    server.off('error', reject);
    resolve({ ...(server.address() as AddressInfo), host });
  });
  return promise;
}

/** The folder is released only after the last request let go of it. */
async function stop(server: Server, inFlight: ReadonlySet<Promise<void>>, closeMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => void server.close(() => resolve()));
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), closeMs);
  // A connection whose answer is just going out becomes idle only after this.
  const idle = setInterval(() => server.closeIdleConnections(), 20);
  await closed;
  clearTimeout(timer);
  clearInterval(idle);
  await Promise.all(inFlight);
}

interface AccessParts {
  readonly gate: Gate;
  readonly tokens: TokenEndpoint | undefined;
}

async function openAccess(options: RegistryOptions): Promise<AccessParts> {
  const { auth, token, now = Date.now } = options;
  const accounts = await readAccounts(options);
  if (accounts === undefined) return { gate: openGate, tokens: undefined };
  const common = { accounts, allowAnonymousRead: auth?.allowAnonymousRead ?? false };
  if (token === undefined) return { gate: createBasicGate(common), tokens: undefined };
  const { service = 'signet-registry', lifetimeSeconds = 300, realm } = token;
  if (!/^[\w.:/-]{1,255}$/.test(service)) throw new RegistryStartError('OPTIONS_INVALID', 'token.service');
  const signer = createTokenSigner(service, now);
  const realmOf = (request: IncomingMessage): string => realm ?? ownRealm(request, options);
  const tokens = createTokenEndpoint({ ...common, signer, service, lifetimeSeconds, now });
  return { gate: createTokenGate({ signer, service, realmOf }), tokens };
}

async function readAccounts({ auth, token }: RegistryOptions): Promise<Accounts | undefined> {
  const text = auth?.htpasswd ?? (auth?.htpasswdFile === undefined ? undefined : await readHtpasswd(auth.htpasswdFile));
  if (text !== undefined) return parseHtpasswd(text);
  if (auth !== undefined || token !== undefined) {
    throw new RegistryStartError('OPTIONS_INVALID', 'auth and token need an htpasswd');
  }
  return undefined;
}

async function readHtpasswd(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new RegistryStartError('HTPASSWD_INVALID', `cannot read ${show(path)}`, { cause });
  }
}

/** The endpoint at the host that the client used, so that it is of the same origin. */
function ownRealm(request: IncomingMessage, { tls, host = '127.0.0.1' }: RegistryOptions): string {
  const named = request.headers.host ?? '';
  const at = /^[A-Za-z0-9.:[\]_-]{1,255}$/.test(named) ? named : `${host}:${request.socket.localPort ?? 0}`;
  return `${tls === undefined ? 'http' : 'https'}://${at}/token`;
}
