import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { followConnections } from '@signet/registry';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createTestCa, type IssuedCertificate, type TestCa } from '../../support/tls.ts';

const hour = 3_600_000;
const request = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';

let ca: TestCa;
let certificate: IssuedCertificate;
beforeAll(async () => {
  ca = await createTestCa();
  certificate = await ca.issue({ hosts: ['localhost'] });
});
afterAll(() => ca.remove());

/** All that comes on a connection until the server has closed it. */
function all(socket: Socket): Promise<string> {
  const pieces: Buffer[] = [];
  socket.on('data', (piece) => pieces.push(piece));
  socket.on('error', () => {}); // told by the close that follows
  return new Promise((resolve) => socket.once('close', () => resolve(Buffer.concat(pieces).toString())));
}

const came = (socket: Socket): Promise<unknown> => new Promise((resolve) => socket.once('data', resolve));

describe.each(['plain', 'TLS'])('the end of a server, %s', (kind) => {
  const isTls = kind === 'TLS';

  async function start(
    listener: RequestListener,
  ): Promise<{ server: Server; end: ReturnType<typeof followConnections> }> {
    const server = isTls ? createTlsServer(certificate, listener) : createServer(listener);
    const end = followConnections(server);
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    onTestFinished(() => void server.close().closeAllConnections());
    return { server, end };
  }
  const portOf = (server: Server): number => (server.address() as AddressInfo).port;

  /** A connection that the server has seen. */
  async function open(server: Server): Promise<Socket> {
    const seen = new Promise((resolve) => server.once(isTls ? 'secureConnection' : 'connection', resolve));
    const to = { port: portOf(server), host: '127.0.0.1' };
    const socket = isTls ? connectTls({ ...to, ca: ca.ca, servername: 'localhost' }) : connect(to);
    onTestFinished(() => void socket.destroy());
    await seen;
    return socket;
  }

  /** A listener whose answers wait, and what tells that a request is there. */
  function waiting(): { listener: RequestListener; arrived: Promise<void>; release: () => void } {
    const arrived = Promise.withResolvers<void>();
    const answered = Promise.withResolvers<void>();
    const listener: RequestListener = (_request, response) => {
      arrived.resolve();
      void answered.promise.then(() => response.end('done'));
    };
    return { listener, arrived: arrived.promise, release: () => answered.resolve() };
  }

  it('does not wait for a connection without a request, nor for half of one', async () => {
    const { server, end } = await start((_request, response) => response.end());
    const [silent, half] = [await open(server), await open(server)];
    half.write('GET / HTTP/1.1\r\nHost:');
    const [ofSilent, ofHalf] = [all(silent), all(half)];
    await end({ limitMs: hour, silentMs: 20 });
    expect([await ofSilent, await ofHalf]).toEqual(['', '']);
  });

  it('does not wait for a connection between two requests', async () => {
    const { server, end } = await start((_request, response) => response.end('done'));
    const idle = await open(server);
    idle.write(request);
    await came(idle);
    const rest = all(idle);
    await end({ limitMs: hour, silentMs: hour });
    await rest;
  });

  it('lets a request in flight have its answer', async () => {
    const { listener, arrived, release } = waiting();
    const { server, end } = await start(listener);
    const busy = await open(server);
    const answer = all(busy);
    busy.write(request);
    await arrived;
    const ended = end({ limitMs: hour, silentMs: 0 });
    // By now whoever is silent was sent away.
    setTimeout(release, 20);
    await ended;
    expect(await answer).toContain('done');
  });

  it('answers a first request that comes while others are waited for', async () => {
    const { listener, arrived, release } = waiting();
    const { server, end } = await start(listener);
    const late = await open(server);
    const answer = all(late);
    const ended = end({ limitMs: hour, silentMs: hour });
    late.write(request);
    await arrived;
    release();
    await ended;
    expect(await answer).toContain('done');
  });

  it('lets an answer go out whole that its handler is done with', async () => {
    const bytes = Buffer.alloc(16 * 1024 * 1024);
    const { server, end } = await start((_request, response) => response.end(bytes));
    const slow = await open(server);
    slow.write(request);
    await came(slow);
    slow.pause();
    const ended = end({ limitMs: hour, silentMs: hour });
    const answer = all(slow);
    slow.resume();
    await ended;
    // The head and what came before are not counted.
    expect((await answer).length).toBeGreaterThan(bytes.length - 128 * 1024);
  });

  it('answers the second of two requests that were sent together', async () => {
    let count = 0;
    const second = Promise.withResolvers<void>();
    const { server, end } = await start((_request, response) => {
      count += 1;
      if (count === 1) return void response.end('one');
      void second.promise.then(() => response.end('two'));
    });
    const pipelined = await open(server);
    const answer = all(pipelined);
    const first = came(pipelined);
    pipelined.write(request + request);
    await first;
    const ended = end({ limitMs: hour, silentMs: hour });
    second.resolve();
    await ended;
    expect(await answer).toMatch(/one[\s\S]*two/);
  });

  it('is there within the limit, whatever is in flight', async () => {
    const { listener, arrived } = waiting();
    const { server, end } = await start(listener);
    const [busy, silent] = [await open(server), await open(server)];
    busy.write(request);
    await arrived;
    const gone = [all(busy), all(silent)];
    await end({ limitMs: 20, silentMs: hour });
    expect(await Promise.all(gone)).toEqual(['', '']);
  });

  it('is what was given to end it', async () => {
    const { server, end } = await start((_request, response) => response.end());
    await open(server);
    let isAsked = false;
    const close = (): Promise<void> => {
      isAsked = true;
      return new Promise((closed) => void server.close(() => closed()));
    };
    await end({ limitMs: hour, silentMs: 0, close });
    expect(isAsked).toBe(true);
  });
});

it('the end of a server with TLS does not wait for a connection that never began with it', async () => {
  const server = createTlsServer(certificate);
  const end = followConnections(server);
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  for (const limits of [
    { limitMs: hour, silentMs: 20 },
    { limitMs: 20, silentMs: hour },
  ]) {
    if (!server.listening) await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const seen = new Promise((resolve) => server.once('connection', resolve));
    const raw = connect((server.address() as AddressInfo).port, '127.0.0.1');
    const gone = all(raw);
    await seen;
    await end(limits);
    expect(await gone).toBe('');
  }
});
