import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import {
  createJudge,
  createMetrics,
  type Judge,
  startDockerGate,
  startServer,
} from '../../../packages/admission/src/index.ts';
import { tempDir } from '../../support/temp.ts';
import { createTestCa, type IssuedCertificate, type TestCa } from '../../support/tls.ts';
import { createImages } from '../../verifier/images.ts';
import { policyOf } from '../../verifier/policies.ts';
import { testKey } from '../../verifier/signatures.ts';
import { startProxyWorld } from '../proxy/world.ts';

const hour = 3_600_000;
const logger = pino({ level: 'silent' });

let ca: TestCa;
let tls: IssuedCertificate;
beforeAll(async () => {
  ca = await createTestCa();
  tls = await ca.issue({ hosts: ['localhost'] });
});
afterAll(() => ca.remove());

/** All that comes on a connection until the server has closed it. */
function all(socket: Socket): Promise<string> {
  const pieces: Buffer[] = [];
  socket.on('data', (piece) => pieces.push(piece));
  socket.on('error', () => {}); // told by the close that follows
  onTestFinished(() => void socket.destroy());
  return new Promise((resolve) => socket.once('close', () => resolve(Buffer.concat(pieces).toString())));
}

/** A judge that asks a registry which answers only when it is told to. */
function createWaiting(): { readonly judge: Judge; readonly asked: Promise<void>; readonly answer: () => void } {
  const images = createImages();
  const asked = Promise.withResolvers<void>();
  const answered = Promise.withResolvers<void>();
  const resolve: typeof images.store.resolve = async (...what) => {
    asked.resolve();
    await answered.promise;
    return images.store.resolve(...what);
  };
  const judge = createJudge({
    policy: policyOf(testKey('p256'), { 'r.example/**': { name: 'all' } }),
    open: () => ({ ...images.store, resolve }),
  });
  return { judge, asked: asked.promise, answer: () => answered.resolve() };
}

const question = JSON.stringify({ images: ['r.example/app:1'] });
const request = `POST /v1/verify HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer 0123456789abcdef\r\nContent-Type: application/json\r\nContent-Length: ${question.length}\r\n\r\n${question}`;

describe.each(['plain', 'TLS', 'unix socket'])('the end of signet serve, %s', (kind) => {
  it('answers what is in flight, and does not wait for connections without a request', async () => {
    const { judge, asked, answer } = createWaiting();
    const socket = join(tempDir(), 's');
    const server = await startServer({
      judge,
      metrics: createMetrics(),
      logger,
      tokens: ['0123456789abcdef'],
      closeMs: hour,
      ...(kind === 'TLS' ? { tls } : {}),
      ...(kind === 'unix socket' ? { socket } : {}),
    });
    const port = Number(server.url.split(':').at(-1));
    const open = async (): Promise<Socket> => {
      if (kind === 'plain') return connected(connect(port, '127.0.0.1'), 'connect');
      if (kind === 'unix socket') return connected(connect(socket), 'connect');
      return connected(connectTls({ port, host: '127.0.0.1', ca: ca.ca, servername: 'localhost' }), 'secureConnect');
    };
    const [silent, busy] = [await open(), await open()];
    const answers = Promise.all([all(silent), all(busy)]);
    busy.write(request);
    await asked;
    const closed = server.close();
    answer();
    await closed;
    expect(await answers).toEqual(['', expect.stringMatching(/^HTTP\/1\.1 200 OK\r\n/)]);
  });
});

it('the end of signet serve does not wait for a connection that never began with TLS', async () => {
  const { judge } = createWaiting();
  const server = await startServer({ judge, metrics: createMetrics(), logger, tls, closeMs: hour });
  const raw = await connected(connect(Number(server.url.split(':').at(-1)), '127.0.0.1'), 'connect');
  const gone = all(raw);
  await server.close();
  expect(await gone).toBe('');
});

it('the end of signet proxy serve does not wait for a connection without a request', async () => {
  const { proxy } = await startProxyWorld({ closeMs: hour });
  const silent = await connected(connect(Number(proxy.url.split(':').at(-1)), '127.0.0.1'), 'connect');
  const gone = all(silent);
  await proxy.close();
  expect(await gone).toBe('');
});

it('the end of signet gate docker does not wait for a connection without a request', async () => {
  const { judge } = createWaiting();
  const [socket, daemon] = [join(tempDir(), 'plugin'), join(tempDir(), 'daemon')];
  const allowed = new Set<never>();
  const gate = await startDockerGate({ judge, allowed, daemon, timeoutMs: 10_000, logger, socket, closeMs: hour });
  const silent = await connected(connect(socket), 'connect');
  const gone = all(silent);
  await gate.close();
  expect(await gone).toBe('');
});

async function connected(socket: Socket, event: 'connect' | 'secureConnect'): Promise<Socket> {
  await new Promise((resolve, reject) =>
    socket.once(event as 'connect', () => resolve(undefined)).once('error', reject),
  );
  return socket;
}
