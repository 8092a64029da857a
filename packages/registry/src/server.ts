import { readFile, realpath } from 'node:fs/promises';
import { makeFolders } from '@signet/oci';
import { openGate } from './auth/gate.ts';
import { type Accounts, parseHtpasswd } from './auth/htpasswd.ts';
import { type AccessParts, openAccess } from './auth/open-access.ts';
import { RegistryStartError, show } from './errors.ts';
import { type Dispatch, dispatch } from './http/dispatch.ts';
import { type Serving, startServing } from './http/serving.ts';
import { defaultRegistryLimits, type RegistryLimits, type RegistryOptions } from './options.ts';
import { parseImmutableTags } from './storage/immutable-tags.ts';
import { openRepositories } from './storage/repositories.ts';
import { lockRoot } from './storage/root-lock.ts';
import { Uploads } from './uploads/uploads.ts';

/** A registry that is being served; closing it releases its folder too. */
export type RunningRegistry = Omit<Serving, 'useTls'>;

/**
 * Serves the OCI distribution API 1.1 over image layouts in a folder. A development registry: for one machine, tests and demos; it has no
 * quotas, no garbage collection, no replication.
 * @throws {RegistryStartError} ROOT_IN_USE, ROOT_INVALID, HTPASSWD_INVALID, OPTIONS_INVALID; what node throws for an unusable port
 */
export async function startRegistry(options: RegistryOptions): Promise<RunningRegistry> {
  const limits = { ...defaultRegistryLimits, ...options.limits };
  const access = await accessOf(options);
  const root = await makeRoot(options.root);
  const release = await lockRoot(root);
  try {
    const { serving, stopSweeping } = await openStorage(options, root, limits);
    const on: Dispatch = { ...access, registry: serving };
    const { useTls: _, ...running } = await startServing({
      ...options,
      limits,
      handle: (request, response) => dispatch(on, request, response),
    });
    let closing: Promise<void> | undefined;
    return {
      ...running,
      close() {
        closing ??= running.close().then(() => {
          stopSweeping();
          return release();
        });
        return closing;
      },
    };
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
  const isImmutable = parseImmutableTags(options.immutableTags ?? []);
  const repositories = await openRepositories(root, { cacheBytes: limits.cacheBytes, isImmutable });
  const uploads = new Uploads({ limits, now: options.now ?? Date.now });
  const sweep = (): void => void uploads.expire(repositories.uploadDirs()).catch(() => {}); // next time again
  sweep();
  const timer = setInterval(sweep, Math.max(1000, Math.min(limits.uploadExpiryMs / 4, 5 * 60_000)));
  timer.unref();
  const { referrersApi = true, conditionalWrites = true } = options;
  const serving = { repositories, uploads, limits, referrersApi, conditionalWrites };
  return { serving, stopSweeping: () => clearInterval(timer) };
}

async function accessOf(options: RegistryOptions): Promise<AccessParts> {
  const { auth, token, tls, host = '127.0.0.1', now = Date.now } = options;
  const accounts = await readAccounts(options);
  if (accounts === undefined) return { gate: openGate, tokens: undefined };
  return openAccess({
    accounts,
    allowAnonymousRead: auth?.allowAnonymousRead ?? false,
    isTls: tls !== undefined,
    host,
    now,
    ...(token === undefined ? {} : { token }),
  });
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
