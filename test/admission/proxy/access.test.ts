import { Agent, request } from 'node:https';
import { hashSync } from 'bcryptjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AdmissionError } from '../../../packages/admission/src/index.ts';
import { createTestCa, type TestCa } from '../../support/tls.ts';
import { type Got, get, type ProxyWorld, startProxyWorld, type WorldOptions } from './world.ts';

const password = 'correct horse battery';
const htpasswd = `alice:${hashSync(password, 4)}\n`;
const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;
let ca: TestCa;

beforeAll(async () => {
  ca = await createTestCa();
});
afterAll(() => ca.remove());

async function withWorld(options: WorldOptions, work: (world: ProxyWorld) => Promise<void>): Promise<void> {
  const world = await startProxyWorld(options);
  try {
    const app = world.repository('app');
    await app.sign(await app.image('hello', '1'));
    await work(world);
  } finally {
    await world.proxy.close();
  }
}

const pull = (world: ProxyWorld, authorization?: string): Promise<Got> =>
  world.get('/v2/app/manifests/1', authorization === undefined ? {} : { headers: { authorization } });

/** Status of a GET over TLS, with or without a client certificate. */
function statusOf(url: string, client?: { readonly cert: string; readonly key: string }): Promise<number> {
  const agent = new Agent({ ca: ca.ca, keepAlive: false, ...client });
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    sent.on('error', reject).end();
  });
}

describe('accounts', () => {
  it('are asked for, and are not told to the registry', async () => {
    await withWorld({ htpasswd }, async (world) => {
      const none = await pull(world);
      expect(none).toMatchObject({ status: 401, error: { code: 'UNAUTHORIZED' } });
      expect(none.headers.get('www-authenticate')).toMatch(/^Basic realm="/);
      expect((await pull(world, basic('alice:wrong'))).status).toBe(401);
      expect((await pull(world, basic(`alice:${password}`))).status).toBe(200);
      expect((await world.get('/healthz')).status).toBe(200);
      expect((await world.get('/v2/')).status).toBe(401);
      expect(JSON.stringify(world.log)).not.toContain(password);
    });
  });

  it('get tokens for what they ask to pull, and for nothing else', async () => {
    await withWorld({ htpasswd, usesTokens: true }, async (world) => {
      const challenge = (await pull(world)).headers.get('www-authenticate');
      expect(challenge).toBe(
        `Bearer realm="${world.proxy.url}/token",service="signet-proxy",scope="repository:app:pull"`,
      );
      const tokenFor = async (scope: string, authorization: string): Promise<string> => {
        const asked = await get(`${world.proxy.url}/token?service=signet-proxy&scope=${scope}`, {
          headers: { authorization },
        });
        return asked.status === 200 ? JSON.parse(asked.bytes.toString()).token : '';
      };
      expect(await tokenFor('repository:app:pull', basic('alice:wrong'))).toBe('');
      const token = await tokenFor('repository:app:pull', basic(`alice:${password}`));
      expect((await pull(world, `Bearer ${token}`)).status).toBe(200);
      const other = await tokenFor('repository:other:pull', basic(`alice:${password}`));
      expect((await pull(world, `Bearer ${other}`)).status).toBe(401);
      expect((await pull(world, basic(`alice:${password}`))).status).toBe(401);
    });
  });

  it('that change are taken up; tokens of the same ones stay good', async () => {
    await withWorld({ htpasswd, usesTokens: true }, async (world) => {
      const asked = await get(`${world.proxy.url}/token?scope=repository:app:pull`, {
        headers: { authorization: basic(`alice:${password}`) },
      });
      const { token } = JSON.parse(asked.bytes.toString());
      world.proxy.useSecrets({ htpasswd });
      expect((await pull(world, `Bearer ${token}`)).status).toBe(200);
      expect(() => world.proxy.useSecrets({ htpasswd: 'alice:plain' })).toThrow(/bcrypt/);
      expect((await pull(world, `Bearer ${token}`)).status).toBe(200);
      world.proxy.useSecrets({ htpasswd: `bob:${hashSync(password, 4)}` });
      expect((await pull(world, `Bearer ${token}`)).status).toBe(401);
    });
  });
});

describe('client certificates', () => {
  it('open what an account does', async () => {
    const server = await ca.issue();
    const client = await ca.issue({ client: true, commonName: 'node-1' });
    const stranger = await createTestCa('other');
    const foreign = await stranger.issue({ client: true });
    await stranger.remove();
    await withWorld({ tls: { cert: server.cert, key: server.key, clientCa: ca.ca } }, async (world) => {
      const url = `${world.proxy.url}/v2/app/manifests/1`;
      expect(await statusOf(url)).toBe(401);
      expect(await statusOf(url, foreign)).toBe(401);
      expect(await statusOf(url, client)).toBe(200);
    });
    await withWorld({ htpasswd, tls: { cert: server.cert, key: server.key, clientCa: ca.ca } }, async (world) => {
      const url = `${world.proxy.url}/v2/app/manifests/1`;
      expect(await statusOf(url)).toBe(401);
      expect(await statusOf(url, client)).toBe(200);
    });
  });

  it('a new certificate of the server is shown to new connections', async () => {
    const [before, after] = [await ca.issue(), await ca.issue({ hosts: ['localhost'] })];
    await withWorld({ tls: before }, async (world) => {
      const url = `${world.proxy.url}/healthz`;
      expect(await statusOf(url)).toBe(200);
      world.proxy.useSecrets({ tls: after });
      await expect(statusOf(url)).rejects.toThrow(/does not match/);
      expect(() => world.proxy.useSecrets({ tls: { cert: 'x', key: 'y' } })).toThrow();
      await expect(statusOf(url)).rejects.toThrow(/does not match/);
      world.proxy.useSecrets({ tls: before });
      expect(await statusOf(url)).toBe(200);
    });
  });
});

describe('a proxy does not start', () => {
  it.each([
    ['by plain HTTP on other addresses', { host: '0.0.0.0' }, /plain HTTP/],
    ['with tokens and no accounts', { usesTokens: true }, /accounts/],
    ['with a short token', { metricsTokens: ['short'] }, /16 characters/],
    ['with accounts that are none', { htpasswd: 'alice:plain' }, /bcrypt/],
  ] as const)('%s', async (_what, options, why) => {
    await expect(startProxyWorld(options)).rejects.toThrow(why);
  });

  it('off this machine, where clients are not known and not let in by word', async () => {
    const tls = await ca.issue();
    await expect(startProxyWorld({ host: '0.0.0.0', tls })).rejects.toThrow(AdmissionError);
    await withWorld({ host: '0.0.0.0', tls, allowAnonymous: true }, async (world) => {
      const at = world.proxy.url.replace('0.0.0.0', '127.0.0.1');
      expect(await statusOf(`${at}/v2/app/manifests/1`)).toBe(200);
      expect(await statusOf(`${at}/metrics`)).toBe(401);
    });
  });
});

it('metrics want a token where one is given', async () => {
  const metricsTokens = ['0123456789abcdef'];
  await withWorld({ metricsTokens }, async (world) => {
    expect((await world.get('/metrics')).status).toBe(401);
    const headers = { authorization: `Bearer ${metricsTokens[0]}` };
    expect((await world.get('/metrics', { headers })).status).toBe(200);
    expect((await world.get('/v2/app/manifests/1')).status).toBe(200);
  });
});
