import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import {
  type ClusterApi,
  type ClusterApiOptions,
  createClusterApi,
} from '../../../packages/admission/src/pull-secrets/cluster-api.ts';
import { type KubeApi, loginEntry, pullSecret, startKubeApi } from '../../support/kube-api.ts';
import { tempDir } from '../../support/temp.ts';
import { createTestCa } from '../../support/tls.ts';

const path = '/api/v1/namespaces/shop/secrets/login';
const password = 'the-password-of-the-registry';
let kube: KubeApi;

beforeAll(async () => {
  kube = await startKubeApi();
  await kube.put(pullSecret('shop', 'login', { 'r.example': loginEntry('u', password) }));
});

beforeEach(async () => {
  kube.instead = undefined;
  kube.forbidden.clear();
  await kube.rotate('a-token');
});

afterAll(() => kube.stop());

function open(changes: Partial<ClusterApiOptions> = {}): ClusterApi {
  const api = createClusterApi({ host: kube.host, port: kube.port, folder: kube.folder, ...changes });
  onTestFinished(() => api.close());
  return api;
}

const failed = (message: string | RegExp) => ({
  code: 'CLUSTER_API_FAILED',
  message: typeof message === 'string' ? expect.stringContaining(message) : expect.stringMatching(message),
});

describe('the client of the Kubernetes API', () => {
  it('gets an object with the token and the certificates of the service account', async () => {
    expect(await open().get(path)).toMatchObject({ kind: 'Secret', metadata: { name: 'login' } });
  });

  it('has nothing where there is nothing', async () => {
    expect(await open().get('/api/v1/namespaces/shop/secrets/other')).toBeUndefined();
  });

  it('reads the token anew: the kubelet replaces it while the pod runs', async () => {
    const api = open();
    await api.get(path);
    await kube.rotate('the-next-token', { unwritten: true });
    await expect(api.get(path)).rejects.toMatchObject(failed('answers 401'));
    await kube.rotate('the-next-token');
    expect(await api.get(path)).toMatchObject({ kind: 'Secret' });
  });

  it('reads the certificates anew, and trusts no others', async () => {
    const api = open();
    await api.get(path);
    const own = await readFile(join(kube.folder, 'ca.crt'), 'utf8');
    const other = await createTestCa();
    onTestFinished(() => other.remove());
    await writeFile(join(kube.folder, 'ca.crt'), other.ca);
    onTestFinished(() => writeFile(join(kube.folder, 'ca.crt'), own));
    await expect(api.get(path)).rejects.toMatchObject(failed(/cannot be asked: .*CERT|SIGNATURE/));
    await writeFile(join(kube.folder, 'ca.crt'), other.ca + own);
    expect(await api.get(path)).toMatchObject({ kind: 'Secret' });
  });

  it('tells what the account may not read from what is not there', async () => {
    kube.forbidden.add('secrets');
    await expect(open().get(path)).rejects.toMatchObject(failed("answers 403: the server's service account may not"));
  });

  const answers: readonly (readonly [string, (response: ServerResponse) => void, string])[] = [
    ['a failure', (response) => response.writeHead(500).end('{}'), 'answers 500'],
    ['too many questions', (response) => response.writeHead(429).end(), 'answers 429: it is asked too often'],
    [
      'another address',
      (response) => response.writeHead(302, { location: 'https://evil.example/' }).end(),
      'answers 302',
    ],
    ['what is no JSON', (response) => response.end(`{ "data": "${password}`), 'no JSON'],
    ['a key twice', (response) => response.end('{"a":1,"a":2}'), 'no JSON'],
    ['more than it may', (response) => response.end(Buffer.alloc(5000, ' ')), 'more than 4096 bytes'],
    [
      'a part',
      (response) => void response.writeHead(200, { 'content-length': 9 }).write('{', () => response.destroy()),
      'cannot be asked',
    ],
  ];
  it.each(answers)('takes no answer that is %s', async (_what, instead, message) => {
    kube.instead = instead;
    const error = await open({ maxBytes: 4096 })
      .get(path)
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject(failed(message));
    expect(JSON.stringify([error, String((error as Error).cause)])).not.toContain(password);
  });

  it.each<readonly [string, (response: ServerResponse) => void]>([
    ['says nothing', () => {}],
    ['stops in the middle', (response) => void response.writeHead(200).write('{"kind":')],
  ])('does not wait for an API that %s', async (_what, instead) => {
    kube.instead = instead;
    await expect(open({ timeoutMs: 300 }).get(path)).rejects.toMatchObject(failed('does not answer in time'));
  });

  it('does not wait for one that takes connections and never speaks TLS, for any of many questions', async () => {
    const silent = createServer();
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void silent.close());
    const api = open({ port: String((silent.address() as AddressInfo).port), timeoutMs: 300 });
    for (const done of await Promise.allSettled(Array.from({ length: 20 }, () => api.get(path))))
      expect(done).toMatchObject({ status: 'rejected', reason: failed('does not answer in time') });
  });

  it('says so where nobody listens', async () => {
    await expect(open({ port: '1' }).get(path)).rejects.toMatchObject(failed('ECONNREFUSED'));
  });

  it.each([
    ['no token', (folder: string) => rmSync(join(folder, 'token')), /token cannot be read: ENOENT/],
    ['an empty token', (folder: string) => writeFileSync(join(folder, 'token'), '\n'), /holds no token/],
    ['a token of two lines', (folder: string) => writeFileSync(join(folder, 'token'), 'a\nb'), /holds no token/],
    [
      'a token that is too long',
      (folder: string) => writeFileSync(join(folder, 'token'), 'a'.repeat(70_000)),
      /larger than/,
    ],
    ['no certificate', (folder: string) => writeFileSync(join(folder, 'ca.crt'), 'x'), /holds no certificate/],
  ])('needs an account that can be read, and not %s', async (_what, spoil, message) => {
    const folder = join(tempDir(), 'account');
    mkdirSync(folder);
    writeFileSync(join(folder, 'token'), 'a-token');
    writeFileSync(join(folder, 'ca.crt'), await readFile(join(kube.folder, 'ca.crt')));
    spoil(folder);
    const api = open({ folder });
    await expect(api.check()).rejects.toMatchObject(failed(message));
    await expect(api.get(path)).rejects.toMatchObject(failed(message));
  });

  it.each([
    ['evil.example/', '443'],
    ['user@evil.example', '443'],
    ['10.0.0.1', '443/x'],
    ['10.0.0.1', '99999'],
    ['', '443'],
  ])('takes %s and port %s for no address', (host, port) => {
    expect(() => open({ host, port })).toThrow(expect.objectContaining(failed('are no address')));
  });

  it('takes an address of IPv6', async () => {
    await expect(open({ host: '::1', port: '1' }).get(path)).rejects.toMatchObject(failed('cannot be asked'));
  });

  it('tells of each question', async () => {
    const told: unknown[] = [];
    const api = open({ onRequest: (status) => told.push(status) });
    await api.get(path);
    await api.get('/api/v1/namespaces/shop/secrets/other');
    kube.instead = (response) => void response.destroy();
    await api.get(path).catch(() => {});
    expect(told).toEqual([200, 404, undefined]);
  });
});
