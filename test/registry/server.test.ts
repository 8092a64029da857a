import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { RegistryStartError, startRegistry } from '@signet/registry';
import { hashSync } from 'bcryptjs';
import { describe, expect, it } from 'vitest';
import { tempDir } from '../support/temp.ts';
import { blobOf, digest, startTestRegistry, withDigest } from './client.ts';
import { rawConnection } from './raw.ts';

const htpasswd = `signet:${hashSync('secret', 4)}`;
const hasIpv6 = Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === '::1'));

describe('starting', () => {
  it.each([
    ['a root that is a file', { root: (dir: string) => join(dir, 'file') }, 'ROOT_INVALID'],
    ['a root below a file', { root: (dir: string) => join(dir, 'file/root') }, 'ROOT_INVALID'],
    ['an htpasswd that is none', { auth: { htpasswd: 'x' } }, 'HTPASSWD_INVALID'],
    ['an htpasswd file that is not there', { auth: { htpasswdFile: '/nowhere/htpasswd' } }, 'HTPASSWD_INVALID'],
    ['auth without accounts', { auth: {} }, 'OPTIONS_INVALID'],
    ['a pattern of tags that is none', { immutableTags: ['v 1'] }, 'OPTIONS_INVALID'],
    ['tokens without accounts', { token: {} }, 'OPTIONS_INVALID'],
    [
      'a service that would break out of its header',
      { auth: { htpasswd }, token: { service: 'a"b' } },
      'OPTIONS_INVALID',
    ],
  ])('with %s is refused, and the folder is free afterwards', async (_title, { root, ...options }: Refused, code) => {
    const dir = tempDir();
    writeFileSync(join(dir, 'file'), '');
    const refused = await startRegistry({ root: root?.(dir) ?? dir, ...options }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(RegistryStartError);
    expect(refused).toMatchObject({ code });
    await (await startRegistry({ root: dir })).close();
  });

  it('twice on one folder is refused, by another name of it too', async () => {
    const root = tempDir();
    const registry = await startRegistry({ root });
    const link = join(tempDir(), 'link');
    symlinkSync(root, link);
    for (const path of [root, `${root}/.`, link])
      await expect(startRegistry({ root: path })).rejects.toMatchObject({ code: 'ROOT_IN_USE' });
    await registry.close();
    await (await startRegistry({ root: link })).close();
  });

  it('at a port that is taken fails, and the folder is free afterwards', async () => {
    const { registry } = await startTestRegistry();
    const root = tempDir();
    await expect(startRegistry({ root, port: registry.port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await (await startRegistry({ root })).close();
  });

  it('makes the folder, and takes accounts from a file', async () => {
    const dir = tempDir();
    writeFileSync(join(dir, 'htpasswd'), `${htpasswd}\n`);
    const client = await startTestRegistry({ root: join(dir, 'a/b'), auth: { htpasswdFile: join(dir, 'htpasswd') } });
    expect((await client.send('/v2/')).status).toBe(401);
  });

  it.skipIf(!hasIpv6)('at an IPv6 address gives an address that references can begin with', async () => {
    const { registry } = await startTestRegistry({ host: '::1' });
    expect(registry).toMatchObject({ host: '::1', address: `[::1]:${registry.port}` });
    expect((await fetch(`${registry.url}/v2/`)).status).toBe(200);
  });

  it('on a folder with other things in it serves the layouts alone', async () => {
    const root = tempDir();
    const first = await startTestRegistry({ root });
    await first.pushImage('team/app', 'v1');
    await first.registry.close();
    mkdirSync(join(root, 'UPPER/_layout'), { recursive: true });
    mkdirSync(join(root, 'team/empty'));
    symlinkSync(join(root, 'team'), join(root, 'linked'));
    writeFileSync(join(root, 'file'), 'x');
    const again = await startTestRegistry({ root });
    expect((await again.send('/v2/_catalog')).json().repositories).toEqual(['team/app']);
    expect((await again.send('/v2/linked/app/manifests/v1')).status).toBe(404);
  });
});

interface Refused {
  readonly root?: (dir: string) => string;
  readonly auth?: { htpasswd?: string; htpasswdFile?: string };
  readonly token?: { service?: string };
  readonly immutableTags?: readonly string[];
}

describe('closing', () => {
  it('lets requests in flight finish, takes no new ones, and then frees the folder', async () => {
    const client = await startTestRegistry();
    const bytes = blobOf(1000);
    const connection = rawConnection(client.registry);
    const location = await client.startUpload('app');
    const head = `PUT ${withDigest(location, digest(bytes))} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\nExpect: 100-continue\r\n\r\n`;
    connection.write(head);
    await connection.until('100 Continue');
    connection.write(bytes.subarray(0, 500));
    const closing = client.registry.close();
    await expect(fetch(`${client.registry.url}/v2/`)).rejects.toThrow();
    await expect(startRegistry({ root: client.root })).rejects.toMatchObject({ code: 'ROOT_IN_USE' });
    connection.write(bytes.subarray(500));
    expect(await connection.closed()).toContain('HTTP/1.1 201 Created');
    await closing;
    const again = await startTestRegistry({ root: client.root });
    expect((await again.send(`/v2/app/blobs/${digest(bytes)}`)).body.equals(bytes)).toBe(true);
  });

  it('waits no longer than its limit, and what came of an upload stays', async () => {
    const client = await startTestRegistry({ limits: { closeMs: 200 } });
    const location = await client.startUpload('app');
    const connection = rawConnection(client.registry);
    connection.write(`PATCH ${location} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\nExpect: 100-continue\r\n\r\n`);
    await connection.until('100 Continue');
    await client.registry.close();
    await connection.closed();
    const again = await startTestRegistry({ root: client.root });
    expect((await again.send(location)).status).toBe(204);
  });

  it('is done once, however often it is asked', async () => {
    const registry = await startRegistry({ root: tempDir() });
    await Promise.all([registry.close(), registry.close()]);
    await registry.close();
  });

  it('does not wait for idle connections', async () => {
    const client = await startTestRegistry({ limits: { idleMs: 3_600_000, closeMs: 3_600_000 } });
    const idle = rawConnection(client.registry);
    idle.write('GET /v2/ HTTP/1.1\r\nHost: x\r\n\r\n');
    await idle.until('200 OK');
    await client.registry.close();
    await idle.closed();
  });

  it('does not wait for a connection that never sent a request', async () => {
    const client = await startTestRegistry({ limits: { closeMs: 3_600_000, idleMs: 3_600_000, headersMs: 3_600_000 } });
    const silent = rawConnection(client.registry);
    await new Promise((resolve) => silent.socket.once('connect', resolve));
    await client.registry.close();
    await silent.closed();
  });
});

it('a client that goes away while it reads a large blob disturbs nobody', async () => {
  const client = await startTestRegistry();
  const bytes = blobOf(3_000_000);
  const wanted = await client.pushBlob('app', bytes);
  await new Promise<void>((resolve, reject) => {
    const request = get(`${client.registry.url}/v2/app/blobs/${wanted}`, (response) => {
      response.once('data', () => request.destroy());
      response.once('error', () => resolve());
      response.once('close', () => resolve());
    });
    request.once('error', reject);
  });
  expect((await client.send(`/v2/app/blobs/${wanted}`)).body.equals(bytes)).toBe(true);
});
