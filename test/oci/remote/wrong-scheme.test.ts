import { createServer, type Socket } from 'node:net';
import { type ClientOptions, createRegistryClient, digestOf, RegistryError } from '@signet/oci';
import { afterEach, describe, expect, it } from 'vitest';
import { listenOnLoopback } from '../../support/delay-proxy.ts';
import { startDockerRegistry } from '../../support/docker-registry.ts';
import { startEmbeddedRegistry } from '../../support/embedded-registry.ts';
import { type Answer, startHostileRegistry } from '../../support/hostile-registry.ts';
import { itWithPeers } from '../../support/peers.ts';
import { createTestCa } from '../../support/tls.ts';

const left: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of left.splice(0)) await end();
});

async function kept<T extends { stop(): Promise<void> }>(starting: Promise<T>): Promise<T> {
  const started = await starting;
  left.push(() => started.stop());
  return started;
}

/** Says `answer` to whatever comes, and ends. */
async function startTalker(answer: string): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {}); // The other side may be gone before all is said.
    socket.once('data', () => socket.end(answer, 'latin1'));
  });
  const port = await listenOnLoopback(server);
  left.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return `127.0.0.1:${port}`;
}

async function failure(host: string, options: ClientOptions, method: 'resolve' | 'exists' = 'resolve') {
  const client = createRegistryClient({ retries: { maxAttempts: 1 }, ...options });
  left.push(() => client.close());
  const store = client.repository({ registry: host, repository: 'app' });
  const asked =
    method === 'resolve'
      ? store.resolve('1')
      : store.exists({ mediaType: 'a/b', digest: digestOf(Buffer.from('x')), size: 1 });
  const error: unknown = await asked.catch((caught: unknown) => caught);
  return error instanceof RegistryError ? error : expect.fail(`no RegistryError: ${JSON.stringify(error)}`);
}

const complaint = '<h1>400 Bad Request</h1>The plain HTTP request was sent to HTTPS port';

const wantsTls = (host: string): object => ({
  code: 'UNREACHABLE',
  spoken: 'https',
  message: expect.stringMatching(
    new RegExp(`^http://${host} cannot be reached: it was spoken to in plain HTTP, and seems to want TLS`),
  ),
});
const hasNoTls = (host: string): object => ({
  code: 'UNREACHABLE',
  spoken: 'http',
  message: expect.stringMatching(new RegExp(`^https://${host} cannot be reached: it speaks plain HTTP, not TLS`)),
});

describe('plain HTTP to a server for TLS', () => {
  itWithPeers(['docker-registry'], 'docker-registry', async () => {
    const { host } = await kept(startDockerRegistry({ tls: true }));
    expect(await failure(host, { plainHttp: true })).toMatchObject(wantsTls(host));
    expect(await failure(host, { plainHttp: true }, 'exists')).toMatchObject(wantsTls(host));
    expect(await failure(host, { plainHttp: false, unsafeSkipTlsVerify: true })).toMatchObject({ code: 'NOT_FOUND' });
  });

  it('the embedded registry', async () => {
    const { host } = await kept(startEmbeddedRegistry({ tls: true }));
    expect(await failure(host, { plainHttp: true })).toMatchObject(wantsTls(host));
    expect(await failure(host, {})).toMatchObject(wantsTls(host)); // loopback, where it is the default
  });

  const page = (text: string): string =>
    `HTTP/1.1 400 Bad Request\r\ncontent-type: text/html\r\ncontent-length: ${text.length}\r\n\r\n${text}`;
  it.each([
    ['nginx', page(complaint)],
    ['Apache', page("Reason: You're speaking plain HTTP to an SSL-enabled server port.<br />")],
    ['one that answers by an alert', '\x15\x03\x01\x00\x02\x02\x0a'],
  ])('%s', async (_, answer) => {
    const host = await startTalker(answer);
    expect(await failure(host, { plainHttp: true })).toMatchObject(wantsTls(host));
  });

  it.each([
    ['another 400', page('bad name'), 'REFUSED'],
    ['what is neither', 'SSH-2.0-OpenSSH_9.6\r\n', 'UNEXPECTED_ANSWER'],
    ['an answer that stops halfway', 'HTTP/1.1 200 OK\r\ncontent-le', 'UNREACHABLE'],
  ])('is not suspected for %s', async (_, answer, code) => {
    const error = await failure(await startTalker(answer), { plainHttp: true });
    expect(error).toMatchObject({ code });
    expect(error.spoken).toBeUndefined();
    expect(error.message).not.toContain('TLS');
  });
});

describe('TLS to a server for plain HTTP', () => {
  itWithPeers(['docker-registry'], 'docker-registry', async () => {
    const { host } = await kept(startDockerRegistry());
    expect(await failure(host, { plainHttp: false })).toMatchObject(hasNoTls(host));
  });

  it('the embedded registry', async () => {
    const { host } = await kept(startEmbeddedRegistry());
    expect(await failure(host, { plainHttp: false })).toMatchObject(hasNoTls(host));
    expect(await failure(host, { unsafeSkipTlsVerify: true })).toMatchObject(hasNoTls(host));
  });

  it('is not suspected where TLS fails for a reason of its own', async () => {
    const alert = await failure(await startTalker('\x15\x03\x03\x00\x02\x02\x28'), { plainHttp: false });
    expect(alert).toMatchObject({ code: 'UNREACHABLE', message: expect.stringContaining('TLS failed (ERR_SSL_') });
    expect(alert.spoken).toBeUndefined();
    const distrusted = await kept(startEmbeddedRegistry({ tls: true }));
    expect((await failure(distrusted.host, { plainHttp: false })).spoken).toBeUndefined();
  });
});

it('a 400 that came by TLS is the registry’s own', async () => {
  const ca = await createTestCa();
  left.push(ca.remove);
  const bare: Answer = (_, response) => {
    response.sendDate = false;
    response.writeHead(400, { 'content-length': complaint.length }).end(complaint);
  };
  const { host } = await kept(startHostileRegistry(bare, await ca.issue()));
  const error = await failure(host, { ca: ca.ca });
  expect(error).toMatchObject({ code: 'REFUSED' });
  expect(error.spoken).toBeUndefined();
});
