import { writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { hash } from 'bcryptjs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { signet, startSignet } from '../support/cli.ts';
import type { StartedProcess } from '../support/process.ts';
import { tempDir } from '../support/temp.ts';
import { createTestCa } from '../support/tls.ts';

async function serve(args: readonly string[] = []): Promise<{ readonly url: string; readonly server: StartedProcess }> {
  const server = await startSignet(['registry', 'serve', '--port', '0', '--root', join(tempDir(), 'root'), ...args], {
    ready: /registry: (https?:\/\/\S+)/,
  });
  onTestFinished(() => server.stop('SIGKILL'));
  return { url: server.match[1] ?? '', server };
}

/** Gives the status of pushing an index, different for each text, to the tag v1. */
async function pushIndex(url: string, text: string): Promise<number> {
  const type = 'application/vnd.oci.image.index.v1+json';
  const body = JSON.stringify({ schemaVersion: 2, mediaType: type, manifests: [], annotations: { text } });
  return (await fetch(`${url}/v2/app/manifests/v1`, { method: 'PUT', headers: { 'content-type': type }, body })).status;
}

describe('registry serve', () => {
  it('prints its port, answers, and ends on SIGTERM with 0', async () => {
    const { url, server } = await serve();
    expect((await fetch(`${url}/v2/`)).status).toBe(200);
    const ended = new Promise((resolve) => server.child.on('exit', (code, signal) => resolve({ code, signal })));
    server.child.kill('SIGTERM');
    expect(await ended).toEqual({ code: 0, signal: null });
  });

  it('says that it is for development', async () => {
    expect((await signet(['registry', 'serve', '--help'])).stdout).toContain('development registry');
    expect((await serve()).server.output()).toContain('development');
  });

  it('finishes an upload in flight before it ends', async () => {
    const { url, server } = await serve();
    const started = await fetch(`${url}/v2/a/blobs/uploads/`, { method: 'POST' });
    const location = new URL(started.headers.get('location') ?? '', url);
    // "100 Continue" tells that the request is there before the signal is.
    const headers = { 'content-type': 'application/octet-stream', expect: '100-continue' };
    const upload = request(location, { method: 'PATCH', headers });
    const status = new Promise((resolve, reject) =>
      upload.on('response', (answer) => resolve(answer.statusCode)).on('error', reject),
    );
    upload.flushHeaders();
    await new Promise((resolve) => upload.on('continue', resolve));
    upload.write('first ');
    server.child.kill('SIGTERM');
    upload.end('second');
    expect(await status).toBe(202);
  });

  it('asks for the accounts of an htpasswd file', async () => {
    const file = join(tempDir(), 'htpasswd');
    writeFileSync(file, `me:${await hash('secret', 4)}\n`);
    const { url } = await serve(['--htpasswd', file]);
    expect((await fetch(`${url}/v2/`)).status).toBe(401);
    const authorization = `Basic ${Buffer.from('me:secret').toString('base64')}`;
    expect((await fetch(`${url}/v2/`, { headers: { authorization } })).status).toBe(200);
  });

  it('keeps the tags that a pattern fits, all without a pattern', async () => {
    for (const [args, status] of [
      [['--immutable-tags'], 403],
      [['--immutable-tags', 'v*', 'shop/*:latest'], 403],
      [['--immutable-tags', 'w*'], 201],
      [[], 201],
    ] as const) {
      const { url } = await serve(args);
      expect([await pushIndex(url, 'first'), await pushIndex(url, 'second')]).toEqual([201, status]);
    }
  });

  it('says which port is taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await new Promise((listening) => taken.on('listening', listening));
    onTestFinished(() => void taken.close());
    const address = taken.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const done = await signet(['registry', 'serve', '--port', String(port), '--root', join(tempDir(), 'root')]);
    expect(done).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/error\[PORT_UNAVAILABLE\].*another program.*\nhint: --port 0/),
    });
  });

  it('says which address is none of this machine', async () => {
    const args = ['registry', 'serve', '--port', '0', '--root', join(tempDir(), 'root'), '--host'];
    expect(await signet([...args, '192.0.2.1'])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/error\[PORT_UNAVAILABLE\].*no such address\nhint: --host/),
    });
  });

  it('refuses a certificate that is damaged, and a key of another one', async () => {
    const ca = await createTestCa();
    onTestFinished(() => ca.remove());
    const [one, other] = [await ca.issue({ hosts: ['localhost'] }), await ca.issue({ hosts: ['localhost'] })];
    const damaged = join(ca.dir, 'damaged.pem');
    writeFileSync(damaged, '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n');
    const serve = ['registry', 'serve', '--port', '0', '--root', join(tempDir(), 'root')];
    for (const [cert, reason] of [
      [damaged, 'error[FILE_UNREADABLE]'],
      [other.certFile, 'error[USAGE]'],
    ] as const) {
      const done = await signet([...serve, '--tls-cert', cert, '--tls-key', one.keyFile]);
      expect(done).toMatchObject({ code: 2, stderr: expect.stringContaining(reason) });
    }
  });

  it.each([
    [['--tls-cert', 'a.pem'], '--tls-key'],
    [['--token'], '--htpasswd'],
    [['--port', '70000'], '65535'],
    [['--htpasswd', '/no/such/file'], 'no such file'],
    [['--immutable-tags', 'v 1'], '"v 1" is no pattern'],
  ])('refuses %j', async (args, text) => {
    const done = await signet(['registry', 'serve', '--root', join(tempDir(), 'root'), ...args]);
    expect(done).toMatchObject({ code: 2, stderr: expect.stringContaining(text) });
  });
});
