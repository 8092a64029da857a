import { once } from 'node:events';
import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';
import { afterEach, describe, expect, it } from 'vitest';
import { type Deadline, startDeadline } from '../../../packages/oci/src/remote/deadline.ts';
import { exchange, type WireAnswer, type WireBody } from '../../../packages/oci/src/remote/exchange.ts';
import { allOf } from '../images.ts';

const left: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const end of left.splice(0)) await end();
});

interface Asking {
  readonly method?: 'GET' | 'HEAD' | 'PUT';
  readonly body?: Readable;
  readonly deadline?: Deadline;
}

/** A server with this answer, and how to ask it; `done` counts the exchanges that gave their place back. */
async function serve(answer: RequestListener) {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const pool = new Pool(origin, { connections: 1 });
  let connections = 0;
  server.on('connection', () => {
    connections += 1;
  });
  left.push(() => pool.destroy());
  left.push(() => void server.close().closeAllConnections());
  let done = 0;
  const ask = ({ method = 'GET', body, deadline = startDeadline(20_000) }: Asking = {}): Promise<WireAnswer> => {
    const release = deadline.hold();
    const onDone = (): void => {
      done += 1;
      release();
    };
    const request = { origin, path: '/', method, body: body ?? null };
    return exchange(pool, { request, deadline, onDone });
  };
  return { ask, done: () => done, connections: () => connections };
}

async function textOf(body: WireBody): Promise<string> {
  const pieces: Uint8Array[] = [];
  expect(await body.pour((piece) => pieces.push(piece) > 0)).toBe(true);
  return Buffer.concat(pieces).toString();
}

describe('an exchange', () => {
  it('gives the head, and the body when it is asked for, also long after it came', async () => {
    const { ask, done, connections } = await serve((_, response) => void response.end('all of it'));
    const { status, headers, body } = await ask();
    expect([status, headers['content-length']]).toEqual([200, '9']);
    await sleep(20);
    expect(await textOf(body)).toBe('all of it');
    expect(await textOf((await ask()).body)).toBe('all of it');
    expect([done(), connections()]).toEqual([2, 1]);
  });

  it('waits for the answer behind one that is only for information', async () => {
    const { ask } = await serve((_, response) => {
      response.writeEarlyHints({ link: '</a>; rel=preload' });
      response.writeHead(204).end();
    });
    const { status, body } = await ask();
    expect([status, await textOf(body)]).toEqual([204, '']);
  });

  it('has no body after HEAD, whatever length is stated', async () => {
    const { ask, done } = await serve((_, response) => {
      response.writeHead(200, { 'content-length': '1000000' }).end();
    });
    const { headers, body } = await ask({ method: 'HEAD' });
    expect([headers['content-length'], await textOf(body), done()]).toEqual(['1000000', '', 1]);
  });

  it('breaks off what is more than is wanted', async () => {
    const closed = Promise.withResolvers<void>();
    const { ask, done } = await serve((_, response) => {
      response.on('close', closed.resolve);
      response.write('more');
    });
    const { body } = await ask();
    expect(await body.pour(() => false)).toBe(false);
    expect(done()).toBe(1);
    await closed.promise;
  });

  it('lets the connection wait for a slow reader, and loses nothing', async () => {
    const piece = Buffer.alloc(1 << 20, 7);
    let sent = 0;
    const send = (response: ServerResponse): void => {
      while (sent < 64) {
        sent += 1;
        if (!response.write(piece)) return void response.once('drain', () => send(response));
      }
      response.end();
    };
    const { ask } = await serve((_, response) => send(response));
    const { body } = await ask();
    const pieces = body.pieces();
    let total = (await pieces.next()).value?.length ?? 0;
    await sleep(200);
    expect(sent).toBeLessThan(64); // all that systems and undici hold in between is less than 64 MiB
    for await (const more of pieces) total += more.length;
    expect(total).toBe(64 * piece.length);
  });

  it('is broken off by a reader that leaves', async () => {
    const closed = Promise.withResolvers<void>();
    const { ask, done } = await serve((_, response) => {
      response.on('close', closed.resolve);
      response.write('more');
    });
    for await (const piece of (await ask()).body.pieces()) {
      expect(Buffer.from(piece).toString()).toBe('more');
      break;
    }
    expect(done()).toBe(1);
    await closed.promise;
  });

  it('fails the body that breaks, whole or in pieces', async () => {
    const { ask, done } = await serve((_, response) => {
      response.writeHead(200, { 'content-length': '10' }).write('half', () => response.destroy());
    });
    await expect(textOf((await ask()).body)).rejects.toMatchObject({ code: 'UND_ERR_SOCKET' });
    await expect(allOf((await ask()).body.pieces())).rejects.toMatchObject({ code: 'UND_ERR_SOCKET' });
    expect(done()).toBe(2);
  });

  it('ends with its deadline: before the head, before anybody reads, and while it is read', async () => {
    const { ask, done } = await serve(({ method }, response) => void (method === 'GET' && response.write('half')));
    await expect(ask({ method: 'HEAD', deadline: startDeadline(50) })).rejects.toMatchObject({ code: 'TIMEOUT' });
    const unread = await ask({ deadline: startDeadline(50) });
    await sleep(100);
    expect(done()).toBe(2);
    await expect(textOf(unread.body)).rejects.toMatchObject({ code: 'TIMEOUT' });
    const { body } = await ask({ deadline: startDeadline(50) });
    await expect(allOf(body.pieces())).rejects.toMatchObject({ code: 'TIMEOUT' });
    expect(done()).toBe(3);
  });

  it('sends nothing when the end has come already, and lets go of what it was to send', async () => {
    let asked = 0;
    const { ask, done } = await serve(() => {
      asked += 1;
    });
    const controller = new AbortController();
    const deadline = startDeadline(20_000, controller.signal);
    controller.abort();
    const body = Readable.from([Buffer.from('x')]);
    await expect(ask({ method: 'PUT', body, deadline })).rejects.toMatchObject({ code: 'ABORTED' });
    expect([asked, done(), body.destroyed]).toEqual([0, 1, true]);
  });
});
