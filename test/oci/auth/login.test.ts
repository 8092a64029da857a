import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import {
  type Credential,
  createRegistryClient,
  eraseCredential,
  loadCredentials,
  saveCredential,
  verifyLogin,
} from '@signet/oci';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startDockerRegistry, type TestRegistry } from '../../support/docker-registry.ts';
import { startEmbeddedRegistry } from '../../support/embedded-registry.ts';
import { itWithPeers, needPeer, run, runOk } from '../../support/peers.ts';
import { tempDir } from '../../support/temp.ts';
import { codeOf } from '../code-of.ts';
import { pushImage } from '../images.ts';

let now = Date.now();
let registry: TestRegistry;
beforeAll(async () => {
  registry = await startEmbeddedRegistry({ htpasswd: true, token: { lifetimeSeconds: 300 }, now: () => now });
});
afterAll(() => registry.stop());

const right = (): Credential => ({
  kind: 'basic',
  username: registry.username ?? '',
  password: registry.password ?? '',
});
const wrong: Credential = { kind: 'basic', username: 'signet', password: 'wrong' };
const given = (credential: Credential): { get: () => Promise<Credential> } => ({
  get: () => Promise.resolve(credential),
});

describe('a login', () => {
  it('is tried before it is kept, whatever way the registry asks', async () => {
    expect(await verifyLogin(registry.host, right())).toBe('bearer');
    expect(await codeOf(verifyLogin(registry.host, wrong))).toBe('UNAUTHORIZED');
    const open = await startEmbeddedRegistry();
    const basic = await startEmbeddedRegistry({ htpasswd: true });
    try {
      expect(await verifyLogin(open.host, wrong)).toBe('none');
      expect(await verifyLogin(basic.host, right())).toBe('basic');
      expect(await codeOf(verifyLogin(basic.host, wrong))).toBe('UNAUTHORIZED');
    } finally {
      await Promise.all([open.stop(), basic.stop()]);
    }
    expect(await codeOf(verifyLogin('127.0.0.1:1', right()))).toBe('UNREACHABLE');
  });

  it('lasts beyond the life of a token', async () => {
    const client = createRegistryClient({ credentials: given(right()), now: () => now });
    const store = client.repository({ registry: registry.host, repository: 'long/running' });
    const image = await pushImage(store, 'a');
    now += 3_600_000;
    expect((await store.resolve(image.descriptor.digest)).descriptor).toEqual(image.descriptor);
    await client.close();
  });

  it('by an identity token reads, and a wrong one does not', async () => {
    const answer = await fetch(`${registry.url}/token?service=signet-registry&offline_token=true`, {
      headers: {
        authorization: `Basic ${Buffer.from(`${registry.username}:${registry.password}`).toString('base64')}`,
      },
    });
    const { refresh_token: token } = (await answer.json()) as { refresh_token: string };
    expect(await verifyLogin(registry.host, { kind: 'refresh', token })).toBe('bearer');
    expect(await codeOf(verifyLogin(registry.host, { kind: 'refresh', token: `${token}x` }))).toBe('UNAUTHORIZED');
  });

  it('to a refused registry says UNAUTHORIZED without the password, cause included', async () => {
    const error = await verifyLogin(registry.host, wrong).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'UNAUTHORIZED', status: 401 });
    for (const secret of ['signet:wrong', Buffer.from('signet:wrong').toString('base64')])
      expect(inspect(error, { depth: 9 })).not.toContain(secret);
  });
});

describe('the login file', () => {
  const crane = (dir: string, host: string) =>
    run(needPeer('crane'), ['catalog', '--insecure', host], { env: { DOCKER_CONFIG: dir, HOME: dir } });
  const oras = (dir: string, host: string) =>
    run(needPeer('oras'), ['repo', 'ls', '--plain-http', host], { env: { DOCKER_CONFIG: dir, HOME: dir } });

  itWithPeers(['crane', 'oras'], 'that we write is read by crane and oras, until the logout', async () => {
    const dir = tempDir();
    const options = { env: { DOCKER_CONFIG: dir } };
    for (const program of [crane, oras]) expect((await program(dir, registry.host)).code).not.toBe(0);
    await saveCredential(registry.host, right(), options);
    for (const program of [crane, oras]) expect(await program(dir, registry.host)).toMatchObject({ code: 0 });
    expect(await eraseCredential(registry.host, options)).toBe(true);
    for (const program of [crane, oras]) expect((await program(dir, registry.host)).code).not.toBe(0);
  });

  itWithPeers(['crane', 'oras', 'docker-registry'], 'that crane or oras writes is read by us', async () => {
    const docker = await startDockerRegistry({ htpasswd: true });
    const { host, username = '', password = '' } = docker;
    const login = { crane: ['auth', 'login'], oras: ['login', '--plain-http'] };
    try {
      for (const name of ['crane', 'oras'] as const) {
        const dir = tempDir();
        const args = [...login[name], host, '-u', username, '--password-stdin'];
        await runOk(needPeer(name), args, { env: { DOCKER_CONFIG: dir, HOME: dir }, input: password });
        const client = createRegistryClient({ credentials: loadCredentials({ env: { DOCKER_CONFIG: dir } }) });
        expect(await client.probe(host)).toMatchObject({ isAuthorized: true, auth: 'basic' });
        await client.close();
      }
    } finally {
      await docker.stop();
    }
  });

  it('keeps identity tokens as docker does, and refuses what docker has no place for', async () => {
    const dir = tempDir();
    const options = { env: { DOCKER_CONFIG: dir } };
    await saveCredential('r.example', { kind: 'refresh', token: 'long lived' }, options);
    const { auths } = JSON.parse(readFileSync(join(dir, 'config.json'), 'utf8'));
    expect(auths).toEqual({ 'r.example': { identitytoken: 'long lived' } });
    expect(await loadCredentials(options).get('r.example')).toEqual({ kind: 'refresh', token: 'long lived' });
    expect(await codeOf(saveCredential('r.example', { kind: 'bearer', token: 't' }, options))).toBe('UNSUPPORTED');
    const colon: Credential = { kind: 'basic', username: 'a:b', password: 'p' };
    expect(await codeOf(saveCredential('r.example', colon, options))).toBe('CREDENTIALS');
  });

  it('of Docker Hub stands under the key that docker uses, and replaces other spellings', async () => {
    const dir = tempDir();
    const path = join(dir, 'config.json');
    writeFileSync(path, JSON.stringify({ auths: { 'registry-1.docker.io': { auth: 'b2xkOm9sZA==' } } }));
    await saveCredential('docker.io', { kind: 'basic', username: 'u', password: 'p' }, { env: { DOCKER_CONFIG: dir } });
    const { auths } = JSON.parse(readFileSync(path, 'utf8'));
    expect(auths).toEqual({ 'https://index.docker.io/v1/': { auth: 'dTpw' } });
  });

  it('that is broken is neither read nor overwritten', async () => {
    const dir = tempDir();
    const path = join(dir, 'config.json');
    for (const text of ['{"auths":[]}', '{"auths":{}', '[]', '']) {
      writeFileSync(path, text);
      const options = { env: { DOCKER_CONFIG: dir } };
      expect(await codeOf(saveCredential('r', { kind: 'basic', username: 'u', password: 'p' }, options))).toBe(
        'CREDENTIALS',
      );
      expect(await codeOf(loadCredentials(options).get('r'))).toBe('CREDENTIALS');
      expect(readFileSync(path, 'utf8')).toBe(text);
    }
  });

  it('keeps what two logins at once write, the one or the other, and never half of it', async () => {
    const dir = tempDir();
    const options = { env: { DOCKER_CONFIG: dir } };
    const many = Array.from({ length: 20 }, (_, n) =>
      saveCredential(`r${n}.example`, { kind: 'basic', username: 'u', password: `${n}` }, options),
    );
    await Promise.all(many);
    const { auths } = JSON.parse(readFileSync(join(dir, 'config.json'), 'utf8'));
    expect(Object.keys(auths).length).toBeGreaterThan(0);
  });
});
