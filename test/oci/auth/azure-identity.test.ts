import { rmSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  azureIdentity,
  type CredentialSource,
  createRegistryClient,
  digestOf,
  RegistryError,
} from '../../../packages/oci/src/index.ts';
import { startForwardProxy } from '../../support/forward-proxy.ts';
import { type HostileRegistry, type SeenRequest, startHostileRegistry } from '../../support/hostile-registry.ts';
import { tempDir } from '../../support/temp.ts';
import { createTestCa } from '../../support/tls.ts';
import { readAsk, sendReply } from '../../support/token-server.ts';

const tenant = '11111111-2222-3333-4444-555555555555';
const path = `/${tenant}/oauth2/v2.0/token`;
let authority: HostileRegistry;
let reply: (response: ServerResponse) => void;
let file: string;
let nowMs: number;
let left: (() => Promise<unknown>)[];

beforeEach(async () => {
  [left, nowMs] = [[], Date.UTC(2026, 10, 1)];
  reply = (response) => sendReply(response, { token_type: 'Bearer', expires_in: 3600, access_token: 'of-entra' });
  authority = await startHostileRegistry((_request, response) => reply(response));
  left.push(authority.stop);
  file = join(tempDir(), 'azure-identity-token');
  writeFileSync(file, 'of-the-pod\n');
});

afterEach(async () => {
  for (const end of left.reverse()) await end();
});

const env = (changes: Readonly<Record<string, string | undefined>> = {}) => ({
  AZURE_FEDERATED_TOKEN_FILE: file,
  AZURE_CLIENT_ID: 'a-client',
  AZURE_TENANT_ID: tenant,
  AZURE_AUTHORITY_HOST: `${authority.url}/`,
  ...changes,
});

function identity(changes: Parameters<typeof env>[0] = {}, timeoutMs = 5000): CredentialSource {
  const source = azureIdentity({ env: env(changes), now: () => nowMs, timeoutMs });
  if (source === undefined) return expect.fail('there is one');
  return source;
}

const formsAsked = () => authority.seen.map(({ body }) => Object.fromEntries(new URLSearchParams(body)));

describe('workload identity of Azure', () => {
  it("trades the pod's token for one that registries take, and nothing else does", async () => {
    expect(await identity().get('name.azurecr.io')).toEqual({
      kind: 'aad',
      token: 'of-entra',
      tenant,
      expiresAtMs: nowMs + 55 * 60_000,
    });
    expect(authority.seen).toMatchObject([{ method: 'POST', url: path }]);
    expect(formsAsked()).toEqual([
      {
        grant_type: 'client_credentials',
        client_id: 'a-client',
        scope: 'https://containerregistry.azure.net/.default',
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: 'of-the-pod',
      },
    ]);
  });

  it.each([
    'name.azurecr.io',
    'name.azurecr.us',
    'name.azurecr.cn',
    'NAME.azurecr.io',
    'name.westeurope.geo.azurecr.io',
  ])('is for %s', async (registry) => {
    expect(await identity().get(registry)).toMatchObject({ kind: 'aad' });
  });

  it.each([
    'docker.io',
    'mcr.microsoft.com',
    'azurecr.io',
    '.azurecr.io',
    'evilazurecr.io',
    'evil-azurecr.io',
    'name.azurecr.io.evil.example',
    'name.azurecr.io:8443',
    'name.azurecr.io@evil.example',
    'name.azurecr.evil',
    '127.0.0.1:5000',
  ])('is not for %s: no token is asked for', async (registry) => {
    expect(await identity().get(registry)).toBeUndefined();
    expect(authority.seen).toEqual([]);
  });

  it('asks once for all who ask, and again a while before the end, with the token that the file has then', async () => {
    const source = identity();
    await Promise.all(Array.from({ length: 20 }, () => source.get('name.azurecr.io')));
    nowMs += 54 * 60_000;
    await source.get('other.azurecr.io');
    expect(authority.seen).toHaveLength(1);
    writeFileSync(file, 'the-next-of-the-pod');
    nowMs += 60_000;
    await source.get('name.azurecr.io');
    expect(formsAsked().map((form) => form.client_assertion)).toEqual(['of-the-pod', 'the-next-of-the-pod']);
  });

  it('asks again after a failure', async () => {
    const source = identity();
    const good = reply;
    reply = (response) => sendReply(response, 400);
    await expect(source.get('name.azurecr.io')).rejects.toMatchObject({ code: 'CREDENTIALS' });
    reply = good;
    expect(await source.get('name.azurecr.io')).toMatchObject({ token: 'of-entra' });
  });

  const description = 'AADSTS700213: No matching federated identity record found for of-the-pod';
  it.each<readonly [string, (response: ServerResponse) => void, object]>([
    [
      'refuses',
      (response) =>
        void response.writeHead(401).end(JSON.stringify({ error: 'invalid_client', error_description: description })),
      { code: 'CREDENTIALS', message: expect.stringMatching(/no token: HTTP 401 invalid_client AADSTS700213$/) },
    ],
    [
      'redirects',
      (response) => void response.writeHead(302, { location: 'https://evil.example/' }).end(),
      { code: 'CREDENTIALS' },
    ],
    ['is busy', (response) => void response.writeHead(429, { 'retry-after': '3600' }).end(), { code: 'THROTTLED' }],
    ['answers no JSON', (response) => void response.end('of-the-pod'), { code: 'UNEXPECTED_ANSWER' }],
    ['answers without a token', (response) => void response.end('{"expires_in":5}'), { code: 'UNEXPECTED_ANSWER' }],
    [
      'answers with a token for two headers',
      (response) => void response.end('{"access_token":"a\\r\\nX: y"}'),
      { code: 'UNEXPECTED_ANSWER' },
    ],
    ['never ends', (response) => void response.end(Buffer.alloc(2_000_000, 'x')), { code: 'UNEXPECTED_ANSWER' }],
    ['says nothing', () => {}, { code: 'TIMEOUT' }],
  ])('an authority that %s is an error, which tells no token', async (what, answer, error) => {
    reply = answer;
    const thrown = await identity({}, what === 'says nothing' ? 300 : 5000)
      .get('name.azurecr.io')
      .catch((each: unknown) => each);
    expect(thrown).toBeInstanceOf(RegistryError);
    expect(thrown).toMatchObject(error);
    expect(`${thrown} ${(thrown as Error).cause}`).not.toContain('of-the-pod');
  });

  it('needs a file with a token', async () => {
    writeFileSync(file, '');
    await expect(identity().get('name.azurecr.io')).rejects.toMatchObject({ code: 'CREDENTIALS' });
    writeFileSync(file, 'x'.repeat(70_000));
    await expect(identity().get('name.azurecr.io')).rejects.toMatchObject({ code: 'CREDENTIALS' });
    rmSync(file);
    await expect(identity().get('name.azurecr.io')).rejects.toMatchObject({
      code: 'CREDENTIALS',
      message: expect.stringContaining('cannot be read'),
    });
    expect(authority.seen).toEqual([]);
  });

  it('is not there where the environment has none', () => {
    expect(azureIdentity({ env: {} })).toBeUndefined();
    expect(azureIdentity({ env: env({ AZURE_FEDERATED_TOKEN_FILE: undefined }) })).toBeUndefined();
  });

  it.each([
    { AZURE_CLIENT_ID: undefined },
    { AZURE_CLIENT_ID: '' },
    { AZURE_TENANT_ID: undefined },
    { AZURE_TENANT_ID: '../common' },
    { AZURE_TENANT_ID: 'a/b' },
    { AZURE_AUTHORITY_HOST: 'http://login.evil.example/' },
    { AZURE_AUTHORITY_HOST: 'ftp://127.0.0.1/' },
    { AZURE_AUTHORITY_HOST: 'https://user@login.example/' },
    { AZURE_AUTHORITY_HOST: 'https://login.example/path' },
    { AZURE_AUTHORITY_HOST: 'login.example' },
  ])('does not work with half of it, or an authority to which the token would go in the clear: %o', (changes) => {
    expect(() => azureIdentity({ env: env(changes) })).toThrow(expect.objectContaining({ code: 'CREDENTIALS' }));
  });
});

describe('a registry of Azure', () => {
  const host = 'name.azurecr.io';
  const blob = Buffer.from('hello');
  const target = { mediaType: 'text/plain', digest: digestOf(blob), size: blob.length };

  /** The registry under its own name, reached by a proxy that knows where it is. */
  async function reach(answer: Parameters<typeof startHostileRegistry>[0]): Promise<() => Promise<Uint8Array>> {
    const ca = await createTestCa();
    const registry = await startHostileRegistry(answer, await ca.issue({ hosts: [host, 'evil.example'] }));
    const routes = { [`${host}:443`]: registry.host, 'evil.example:443': registry.host };
    const proxy = await startForwardProxy({ routes });
    const client = createRegistryClient({
      credentials: identity(),
      ca: ca.ca,
      env: { https_proxy: proxy.url },
      now: () => nowMs,
      retries: { maxAttempts: 1 },
    });
    left.push(
      () => ca.remove(),
      registry.stop,
      proxy.stop,
      () => client.close(),
    );
    return () => client.repository({ registry: host, repository: 'app' }).fetch(target);
  }

  it('takes it, is not asked for a login again while its own tokens are good, and gets a new one when all have ended', async () => {
    const asks: string[] = [];
    let generation = 1;
    const answerToken = (request: SeenRequest, response: ServerResponse): void => {
      const { form, path: asked } = readAsk(request);
      asks.push(`${asked} ${form.access_token ?? form.refresh_token}`);
      const isExchange = asked === '/oauth2/exchange';
      const isGood = isExchange
        ? form.access_token === `entra-${generation}`
        : form.refresh_token === `refresh-${generation}`;
      const given = isExchange
        ? { refresh_token: `refresh-${generation}` }
        : { access_token: `access-${generation}`, expires_in: 3600 };
      sendReply(response, isGood ? given : 401);
    };
    const challenge = `Bearer realm="https://${host}/oauth2/token",service="${host}"`;
    const fetchBlob = await reach((request, response) => {
      if (request.method === 'POST') answerToken(request, response);
      else if (request.headers.authorization === `Bearer access-${generation}`) response.end(blob);
      else response.writeHead(401, { 'www-authenticate': challenge }).end();
    });
    reply = (response) => sendReply(response, { expires_in: 86_400, access_token: `entra-${generation}` });
    expect(Buffer.from(await fetchBlob())).toEqual(blob);
    await fetchBlob();
    expect(asks).toEqual(['/oauth2/exchange entra-1', '/oauth2/token refresh-1']);
    // A day later nothing that was given is good any more: the next request already has what is.
    [asks.length, generation] = [0, 2];
    nowMs += 86_400_000;
    expect(Buffer.from(await fetchBlob())).toEqual(blob);
    expect(asks).toEqual(['/oauth2/token refresh-1', '/oauth2/exchange entra-2', '/oauth2/token refresh-2']);
  });

  it('gets it itself, and no token server that it names elsewhere', async () => {
    const seen: string[] = [];
    const fetchBlob = await reach((request, response) => {
      seen.push(`${request.headers.host} ${request.body}`);
      if (request.method === 'POST') return sendReply(response, { refresh_token: 'r', access_token: 't' });
      response.writeHead(401, { 'www-authenticate': `Bearer realm="https://evil.example/token",service="x"` }).end();
    });
    await expect(fetchBlob()).rejects.toMatchObject({
      code: 'UNAUTHORIZED',
      message: expect.stringContaining('a token of Microsoft Entra is not sent to https://evil.example'),
    });
    expect(seen.join('\n')).not.toMatch(/evil|of-entra/);
  });
});
