import { open } from 'node:fs/promises';
import { asObject } from '../descriptor.ts';
import { RegistryError } from '../errors.ts';
import { parseJson } from '../json.ts';
import { startDeadline } from '../remote/deadline.ts';
import { toSettings } from '../remote/options.ts';
import { isLoopbackHost } from '../remote/proxy.ts';
import { createTokenHttp } from '../remote/token-http.ts';
import { createTransport } from '../remote/transport.ts';
import type { Credential, CredentialSource } from './credential.ts';

/** Where the workload identity is found. */
export interface AzureIdentityOptions {
  /** AZURE_FEDERATED_TOKEN_FILE, AZURE_CLIENT_ID, AZURE_TENANT_ID, AZURE_AUTHORITY_HOST; proxies as for registries. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Of one token, retries included. Default 10,000. */
  readonly timeoutMs?: number;
  /** Milliseconds since 1970 UTC. */
  readonly now?: () => number;
}

/** Registries of Azure Container Registry, in each of its clouds: nobody else can have such a name. */
const acrHost = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9-]+){0,3}\.azurecr\.(?:io|us|cn)$/;
const publicAuthority = 'https://login.microsoftonline.com/';
/** For registries alone: with this audience the token opens nothing else. Rule: wire-formats 2.11 */
const scope = 'https://containerregistry.azure.net/.default';
const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const maxFileBytes = 64 * 1024;
/** A token is asked for so long before its end, or a tenth of its life where that is less, milliseconds. */
const earlyMs = 5 * 60_000;

/**
 * Credentials for Azure Container Registry by workload identity, as Azure's webhook sets it up in a pod; undefined where the environment has
 * none. The pod's token, read anew each time since it is replaced, is traded at Microsoft Entra for one that the registry takes.
 * Rule: Microsoft identity platform, "client credentials flow", with a federated credential
 * @throws {RegistryError} CREDENTIALS for settings that are incomplete or would send the token where it does not belong
 */
export function azureIdentity(options: AzureIdentityOptions): CredentialSource | undefined {
  const identity = identityIn(options.env);
  if (identity === undefined) return undefined;
  const { now = Date.now } = options;
  let kept: AadToken | undefined;
  let running: Promise<AadToken> | undefined;
  const token = async (): Promise<AadToken> => {
    if (kept !== undefined && now() < kept.expiresAtMs) return kept;
    running ??= fetchAadToken(identity, options).finally(() => {
      running = undefined;
    });
    const fresh = await running;
    kept = fresh;
    return fresh;
  };
  return {
    get: async (registry) => (acrHost.test(registry.toLowerCase()) ? await token() : undefined),
  };
}

type AadToken = Credential & { readonly kind: 'aad'; readonly expiresAtMs: number };

interface Identity {
  readonly tokenFile: string;
  readonly clientId: string;
  readonly tenant: string;
  readonly authority: URL;
}

function identityIn(env: AzureIdentityOptions['env']): Identity | undefined {
  const { AZURE_FEDERATED_TOKEN_FILE: tokenFile, AZURE_CLIENT_ID: clientId, AZURE_TENANT_ID: tenant } = env;
  // Only the file says that it is this kind of identity: other programs use the other two.
  if (tokenFile === undefined || tokenFile === '') return undefined;
  if (clientId === undefined || !/^[\w.-]{1,200}$/.test(clientId))
    throw refused('AZURE_FEDERATED_TOKEN_FILE is set, but AZURE_CLIENT_ID is no client');
  if (tenant === undefined || !/^[\w.-]{1,200}$/.test(tenant))
    throw refused('AZURE_FEDERATED_TOKEN_FILE is set, but AZURE_TENANT_ID is no tenant');
  return { tokenFile, clientId, tenant, authority: authorityOf(env.AZURE_AUTHORITY_HOST) };
}

function authorityOf(text: string | undefined): URL {
  const url = URL.parse(text === undefined || text === '' ? publicAuthority : text);
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopbackHost(url.hostname));
  const isPlain = url !== null && url.pathname === '/' && url.search === '' && url.username === '' && url.hash === '';
  if (isSafe && isPlain) return url;
  throw refused('AZURE_AUTHORITY_HOST must be https://HOST/: the token of this identity is sent there');
}

async function fetchAadToken(
  { tokenFile, clientId, tenant, authority }: Identity,
  { env, now = Date.now, timeoutMs = 10_000 }: AzureIdentityOptions,
): Promise<AadToken> {
  const assertion = await readToken(tokenFile);
  const settings = toSettings({ env, now });
  const transport = createTransport(settings);
  const form = {
    grant_type: 'client_credentials',
    client_id: clientId,
    scope,
    client_assertion_type: assertionType,
    client_assertion: assertion,
  };
  try {
    const { status, bytes } = await createTokenHttp(
      settings,
      transport,
    )({
      method: 'POST',
      url: new URL(`/${tenant}/oauth2/v2.0/token`, authority),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: Buffer.from(new URLSearchParams(form).toString()),
      isRegistry: false,
      deadline: startDeadline(timeoutMs),
    });
    return { ...tokenIn(status, bytes, authority.origin, now()), tenant };
  } finally {
    // One token an hour: no connection is worth keeping.
    await transport.close();
  }
}

async function readToken(path: string): Promise<string> {
  const text = await readText(path);
  if (text.length <= maxFileBytes && /^[\x21-\x7e]+$/.test(text)) return text;
  throw refused('the file that AZURE_FEDERATED_TOKEN_FILE names holds no token');
}

async function readText(path: string): Promise<string> {
  try {
    const file = await open(path, 'r');
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(maxFileBytes + 2), 0, maxFileBytes + 2, 0);
      return buffer.toString('utf8', 0, bytesRead).trim();
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw new RegistryError('CREDENTIALS', 'the file that AZURE_FEDERATED_TOKEN_FILE names cannot be read', { cause });
  }
}

function tokenIn(status: number, bytes: Uint8Array, origin: string, nowMs: number): AadToken {
  if (status === 429) throw new RegistryError('THROTTLED', `${origin}: HTTP 429`, { status });
  if (status >= 500) throw new RegistryError('SERVER_ERROR', `${origin}: HTTP ${status}`, { status });
  const body = objectIn(bytes);
  if (status !== 200) throw refused(`${origin} gives this identity no token: HTTP ${status}${reasonIn(body)}`);
  const { access_token: token, expires_in: seconds } = body ?? {};
  if (typeof token !== 'string' || !/^[\x21-\x7e]{1,32768}$/.test(token))
    throw new RegistryError('UNEXPECTED_ANSWER', `${origin}: no usable token`);
  const lifeMs = typeof seconds === 'number' && seconds > 0 ? Math.min(seconds, 86_400) * 1000 : 60_000;
  return { kind: 'aad', token, expiresAtMs: nowMs + lifeMs - Math.min(earlyMs, lifeMs / 10) };
}

/** Without what went wrong in it: the text may be a token. */
function objectIn(bytes: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    return asObject(parseJson(bytes, { allowDuplicateKeys: true }), 'the answer');
  } catch {
    return undefined;
  }
}

/** The codes that say what is wrong with the identity, and no more: the rest of the text could repeat what was sent. */
function reasonIn(body: Readonly<Record<string, unknown>> | undefined): string {
  const error = /^[a-z_]{1,60}$/.exec(String(body?.error ?? ''))?.[0];
  const code = /\bAADSTS\d{1,10}\b/.exec(String(body?.error_description ?? ''))?.[0];
  return [error, code]
    .filter((text) => text !== undefined)
    .map((text) => ` ${text}`)
    .join('');
}

function refused(message: string): RegistryError {
  return new RegistryError('CREDENTIALS', message);
}
