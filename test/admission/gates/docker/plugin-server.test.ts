import { createServer, request as httpRequest, type Server } from 'node:http';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import type { Digest } from '@signet/oci';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createJudge,
  type Judge,
  type RunningGate,
  type Switch,
  startDockerGate,
} from '../../../../packages/admission/src/index.ts';
import { tempDir } from '../../../support/temp.ts';
import { createImages } from '../../../verifier/images.ts';
import { policyOf } from '../../../verifier/policies.ts';
import { testKey } from '../../../verifier/signatures.ts';

const key = testKey('p256');
const images = createImages();
const folder = tempDir();
const socket = join(folder, 'plugin.sock');
const daemon = join(folder, 'daemon.sock');
const log: string[] = [];
let judge: Judge;
let gate: RunningGate;
let fakeDaemon: Server;
let signed: Digest;
let unsigned: Digest;

/** What the daemon has, by whole id. */
const local = new Map<string, unknown>();
const idOf = (letter: string): string => `sha256:${letter.repeat(64)}`;

beforeAll(async () => {
  const image = await images.image('web', '1');
  signed = image.descriptor.digest;
  await images.sign(key, image);
  unsigned = (await images.image('plain', 'unsigned')).descriptor.digest;
  const policy = policyOf(key, {
    'r.example/prod/**': { name: 'prod' },
    'r.example/warn/**': { name: 'lenient', mode: 'warn' },
    'r.example/free/**': { name: 'free', mode: 'skip' },
    'r.example/tags/**': { name: 'tags', allowUnpinned: true },
    'slow.example/**': { name: 'slow' },
  });
  const never = { ...images.store, resolve: () => new Promise<never>(() => {}), referrers: () => never.resolve() };
  judge = createJudge({
    policy,
    open: ({ registry }) => (registry === 'slow.example' ? (never as unknown as typeof images.store) : images.store),
  });
  fakeDaemon = createServer((request, response) => {
    const id = /^\/images\/([^/]+)\/json$/.exec(request.url ?? '')?.[1] ?? '';
    if (!local.has(id)) response.writeHead(404).end('{"message":"No such image"}');
    else response.end(JSON.stringify(local.get(id)));
  }).listen(daemon);
  gate = await start([]);
});

afterAll(async () => {
  await gate.close();
  fakeDaemon.close();
});

async function start(allowed: readonly Switch[], path = socket, timeoutMs = 10_000): Promise<RunningGate> {
  const logger = pino({ level: 'debug' }, { write: (line: string) => void log.push(line) });
  return await startDockerGate({ judge, allowed: new Set(allowed), daemon, timeoutMs, logger, socket: path });
}

interface Answer {
  readonly Allow?: boolean;
  readonly Msg?: string;
  readonly Implements?: readonly string[];
  readonly Err?: string;
}

/** Asks the plugin as the daemon does. */
function ask(path: string, body: unknown, at = socket): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/vnd.docker.plugins.v1.2+json' };
    const sent = httpRequest({ socketPath: at, method: 'POST', path, headers, agent: false });
    sent
      .on('error', reject)
      .on('response', (response) => json(response).then((value) => resolve(value as Answer), reject));
    sent.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
}

const api = (method: string, uri: string, body?: unknown, at = socket) =>
  ask(
    '/AuthZPlugin.AuthZReq',
    {
      RequestMethod: method,
      RequestUri: uri,
      ...(body === undefined ? {} : { RequestBody: Buffer.from(JSON.stringify(body)).toString('base64') }),
      RequestHeaders: {
        'User-Agent': 'Docker-Client/28.5.2',
        'Content-Type': body === undefined ? 'text/plain' : 'application/json',
        ...(body === undefined ? { 'Content-Length': '0' } : {}),
      },
    },
    at,
  );
const pull = (image: string, tag = '', at = socket) =>
  api(
    'POST',
    `/v1.51/images/create?fromImage=${encodeURIComponent(image)}&tag=${encodeURIComponent(tag)}`,
    undefined,
    at,
  );
const create = (image: string, more: object = {}, at = socket) =>
  api('POST', '/v1.51/containers/create?name=c', { Image: image, ...more }, at);

describe('the plugin of the Docker daemon', () => {
  it('says what it is', async () => {
    expect(await ask('/Plugin.Activate', '')).toEqual({ Implements: ['authz'] });
  });

  it('lets pulls pass that are signed and named by their digest', async () => {
    expect(await pull('r.example/prod/web', signed)).toEqual({ Allow: true });
    expect(await pull(`r.example/prod/web:1@${signed}`)).toEqual({ Allow: true });
  });

  it('refuses an unsigned one, and says why', async () => {
    const { Allow, Msg } = await pull('r.example/prod/web', unsigned);
    expect(Allow).toBe(false);
    expect(Msg).toContain(`r.example/prod/web@${unsigned}: denied (NO_SIGNATURE)`);
    expect(Msg).toContain('[rule prod]');
    expect(Msg).toContain('to do: ');
  });

  it('refuses a signed one that is named by its tag: the daemon asks again what the tag names', async () => {
    expect(await pull('r.example/prod/web', '1')).toMatchObject({
      Allow: false,
      Msg: expect.stringContaining('NOT_PINNED'),
    });
    expect(await pull('r.example/tags/web', '1')).toEqual({ Allow: true });
    expect(await pull('r.example/tags/web', 'unsigned')).toMatchObject({ Allow: false });
  });

  it('lets pass what the rule does: another mode is another answer', async () => {
    expect(await pull('r.example/warn/web', 'unsigned')).toEqual({ Allow: true });
    expect(await pull('r.example/free/web', 'unsigned')).toEqual({ Allow: true });
    expect(await pull('r.example/other/web', signed)).toMatchObject({
      Allow: false,
      Msg: expect.stringContaining('NO_RULE'),
    });
  });

  it('judges containers by their image and by images that are mounted', async () => {
    expect(await create(`r.example/prod/web@${signed}`)).toEqual({ Allow: true });
    expect(await create(`r.example/prod/web@${unsigned}`)).toMatchObject({ Allow: false });
    const HostConfig = { Mounts: [{ Type: 'image', Source: `r.example/prod/web@${unsigned}`, Target: '/x' }] };
    const mounted = await create(`r.example/prod/web@${signed}`, { HostConfig });
    expect(mounted).toMatchObject({ Allow: false, Msg: expect.stringContaining('HostConfig.Mounts[0]') });
  });

  it('judges no container with more images than anybody needs', async () => {
    const mounts = (count: number) =>
      Array.from({ length: count }, () => ({ Type: 'image', Source: `r.example/prod/web@${signed}`, Target: '/x' }));
    const create = (count: number) =>
      api('POST', '/containers/create', {
        Image: `r.example/prod/web@${signed}`,
        HostConfig: { Mounts: mounts(count) },
      });
    expect(await create(255)).toEqual({ Allow: true });
    expect(await create(256)).toMatchObject({ Allow: false, Msg: expect.stringContaining('more than 256 images') });
  });

  it('judges services', async () => {
    const body = (image: string) => ({ Name: 's', TaskTemplate: { ContainerSpec: { Image: image } } });
    expect(await api('POST', '/v1.51/services/create', body(`r.example/prod/web:1@${signed}`))).toEqual({
      Allow: true,
    });
    expect(await api('POST', '/services/s/update?version=1', body(`r.example/prod/web@${unsigned}`))).toMatchObject({
      Allow: false,
    });
  });

  it('lets pass what brings nothing in', async () => {
    for (const [method, uri] of [
      ['GET', '/v1.51/containers/json?all=1'],
      ['HEAD', '/_ping'],
      ['POST', '/v1.51/containers/c/start'],
      ['DELETE', '/v1.51/images/r.example/prod/web:1'],
    ] as const)
      expect(await api(method, uri), uri).toEqual({ Allow: true });
  });

  it.each<readonly [Switch, string, string]>([
    ['tag', 'POST', '/v1.51/images/evil/tag?repo=r.example/prod/web&tag=1'],
    ['load', 'POST', '/v1.51/images/load'],
    ['import', 'POST', '/v1.51/images/create?fromSrc=-&repo=r.example/prod/web'],
    ['commit', 'POST', '/v1.51/commit?container=c&repo=r.example/prod/web'],
    ['build', 'POST', '/v1.51/build?t=r.example/prod/web'],
    ['plugins', 'POST', '/v1.51/plugins/pull?remote=evil'],
    ['swarm', 'POST', '/v1.51/swarm/join'],
    ['unknown', 'POST', '/v1.99/images/teleport'],
  ])('keeps %s closed until it is switched on', async (name, method, uri) => {
    const refused = await api(method, uri);
    expect(refused).toMatchObject({ Allow: false, Msg: expect.stringContaining('ENDPOINT_CLOSED') });
    expect(refused.Msg).toContain(`--allow ${name}`);
    const path = join(folder, `${name}.sock`);
    const open = await start([name], path);
    expect(await api(method, uri, undefined, path)).toEqual({ Allow: true });
    expect(await api('POST', name === 'tag' ? '/commit' : '/images/x/tag', undefined, path)).toMatchObject({
      Allow: false,
    });
    await open.close();
  });

  it('answers in its own time where a registry does not', async () => {
    const path = join(folder, 'quick.sock');
    const quick = await start([], path, 200);
    const answer = await pull('slow.example/app', signed, path);
    expect(answer).toMatchObject({ Allow: false, Msg: expect.stringContaining('undecided') });
    await quick.close();
  });
});

describe('an image that is named by its id', () => {
  it('runs where it was pulled by a name that passes', async () => {
    local.set(idOf('a'), { Id: idOf('a'), RepoDigests: [`r.example/prod/web@${signed}`] });
    expect(await create(idOf('a'))).toEqual({ Allow: true });
    expect(await create('a'.repeat(64))).toEqual({ Allow: true });
    local.set(idOf('b'), { Id: idOf('b'), RepoDigests: [`r.example/x/web@${signed}`, `r.example/prod/web@${signed}`] });
    expect(await create(idOf('b'))).toEqual({ Allow: true });
  });

  it('does not where no such name passes, and where it was made here', async () => {
    local.set(idOf('c'), { Id: idOf('c'), RepoDigests: [`r.example/prod/web@${unsigned}`] });
    expect(await create(idOf('c'))).toMatchObject({ Allow: false, Msg: expect.stringContaining('NO_SIGNATURE') });
    for (const RepoDigests of [[], null, ['r.example/prod/web:1', '<none>']]) {
      local.set(idOf('d'), { Id: idOf('d'), RepoTags: ['r.example/prod/web:1'], RepoDigests });
      expect(await create(idOf('d'))).toMatchObject({ Allow: false, Msg: expect.stringContaining('LOCAL_IMAGE') });
    }
    expect(await create(idOf('e'))).toMatchObject({ Allow: false, Msg: expect.stringContaining('no such image') });
  });

  it('does not where the daemon does not say what it is', async () => {
    for (const answer of [
      { Id: idOf('a'), RepoDigests: [`r.example/prod/web@${signed}`] },
      {},
      [],
      { Id: idOf('f'), RepoDigests: 'x' },
    ]) {
      local.set(idOf('f'), answer);
      expect(await create(idOf('f'))).toMatchObject({ Allow: false, Msg: expect.stringContaining('DAEMON_FAILED') });
    }
  });

  it('does not where only its beginning is named: that could become another image', async () => {
    for (const image of ['aaaaaaaaaaaa', 'sha256:aaaa', 'cafe'])
      expect(await create(image)).toMatchObject({ Allow: false, Msg: expect.stringContaining('LOCAL_IMAGE') });
    expect((await create('r.example/free/cafe')).Allow).toBe(true);
  });
});

describe('what the daemon asks', () => {
  it('is refused where it is not understood', async () => {
    for (const body of ['', '{', '[]', '{}', { RequestMethod: 'GET' }, { RequestMethod: 'GET', RequestUri: 7 }])
      expect(await ask('/AuthZPlugin.AuthZReq', body)).toMatchObject({
        Allow: false,
        Msg: expect.stringMatching(/_INVALID/),
      });
    const broken = { RequestMethod: 'POST', RequestUri: '/containers/create', RequestBody: '*' };
    expect(await ask('/AuthZPlugin.AuthZReq', broken)).toMatchObject({ Allow: false });
    expect(await api('GET', '//containers/json')).toMatchObject({ Allow: false });
    expect(await api('POST', '/v1.51/containers/create')).toMatchObject({
      Allow: false,
      Msg: expect.stringContaining('not shown'),
    });
  });

  it('is refused where it is too large', async () => {
    const body = { RequestMethod: 'GET', RequestUri: '/_ping', RequestBody: 'A'.repeat(9 * 1024 * 1024) };
    const answer = await ask('/AuthZPlugin.AuthZReq', body).catch((error: Error) => ({
      Allow: false,
      Msg: error.message,
    }));
    expect(answer.Allow).toBe(false);
  });

  it('is not looked at where it is an answer of its own, of whatever size', async () => {
    const body = { RequestMethod: 'GET', RequestUri: '/_ping', ResponseBody: 'A'.repeat(20 * 1024 * 1024) };
    expect(await ask('/AuthZPlugin.AuthZRes', body)).toEqual({ Allow: true });
  });

  it('has three paths', async () => {
    expect(await ask('/AuthZPlugin.AuthZ', {})).toEqual({ Err: expect.any(String) });
    expect(await ask('/constructor', {})).toEqual({ Err: expect.any(String) });
  });
});

it('the log names what was refused, and no parameter of a request', async () => {
  log.length = 0;
  await api('POST', '/v1.51/build?buildargs=%7B%22TOKEN%22%3A%22s3cret%22%7D');
  await pull('r.example/prod/web', unsigned);
  expect(log).toHaveLength(2);
  expect(JSON.parse(log[0] ?? '')).toMatchObject({ msg: 'refused', path: '/v1.51/build', allowed: false });
  expect(JSON.parse(log[1] ?? '')).toMatchObject({ images: [{ code: 'NO_SIGNATURE', rule: 'prod' }] });
  expect(log.join()).not.toContain('s3cret');
});
