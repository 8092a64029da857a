import { existsSync, mkdirSync, readdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { listenOnSocket } from '../../../packages/admission/src/server/unix-socket.ts';
import { tempDir } from '../../support/temp.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

function newServer(greeting = 'hello'): Server {
  const server = createServer((connection) => void connection.on('error', () => {}).end(greeting));
  servers.push(server);
  return server;
}

/** What the server at a path says. */
function greetingAt(path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    connect(path)
      .on('data', (chunk) => (text += chunk))
      .on('end', () => resolve(text))
      .on('error', reject);
  });
}

/** What a server leaves that was killed. */
async function stale(path: string): Promise<void> {
  const server = createServer();
  await new Promise<void>((done) => void server.listen(`${path}-`, done));
  renameSync(`${path}-`, path);
  await new Promise((done) => server.close(done));
}

describe.runIf(process.platform !== 'win32')('a server on a unix socket', () => {
  it('is for this user alone, in a folder that is made, and leaves nothing behind', async () => {
    const folder = join(tempDir(), 'run/signet');
    const path = join(folder, 's');
    const takeAway = await listenOnSocket(newServer(), path);
    expect(await greetingAt(path)).toBe('hello');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['s']);
    await takeAway();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('takes the place of one that was killed', async () => {
    const path = join(tempDir(), 's');
    await stale(path);
    await expect(greetingAt(path)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await listenOnSocket(newServer(), path);
    expect(await greetingAt(path)).toBe('hello');
  });

  it('does not take the place of one that answers, nor of a file or folder', async () => {
    const path = join(tempDir(), 's');
    await listenOnSocket(newServer('first'), path);
    await expect(listenOnSocket(newServer('second'), path)).rejects.toMatchObject({ code: 'SOCKET_IN_USE' });
    expect(await greetingAt(path)).toBe('first');
    const folder = tempDir();
    writeFileSync(join(folder, 'file'), 'kept');
    mkdirSync(join(folder, 'dir'));
    for (const name of ['file', 'dir'])
      await expect(listenOnSocket(newServer(), join(folder, name))).rejects.toMatchObject({ code: 'SOCKET_IN_USE' });
  });

  it('leaves alone at its end what another one put there since', async () => {
    const path = join(tempDir(), 's');
    const first = newServer('first');
    const takeAway = await listenOnSocket(first, path);
    await new Promise((done) => first.close(done));
    await listenOnSocket(newServer('second'), path);
    await takeAway();
    expect(await greetingAt(path)).toBe('second');
  });

  it('fails where nothing can be made', async () => {
    const file = join(tempDir(), 'file');
    writeFileSync(file, '');
    await expect(listenOnSocket(newServer(), join(file, 's'))).rejects.toThrow();
    const long = join(tempDir(), 'x'.repeat(120));
    await expect(listenOnSocket(newServer(), long)).rejects.toMatchObject({ code: 'SERVER_INVALID' });
    expect(existsSync(join(file, 's'))).toBe(false);
  });
});
