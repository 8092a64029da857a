import { connect } from 'node:net';
import fastify, { type FastifyInstance } from 'fastify';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { boundLargeBodies } from '../../../packages/admission/src/server/large-bodies.ts';

let app: FastifyInstance;
let url: string;
/** Requests whose bodies are there wait for it. */
let gate: PromiseWithResolvers<void>;

beforeEach(async () => {
  gate = Promise.withResolvers();
  app = fastify({ bodyLimit: 4_000_000 });
  boundLargeBodies(app, { mediumBytes: 500_000, largeBytes: 1_000_000 });
  app.post('/', async () => {
    await gate.promise;
    return 'done';
  });
  url = await app.listen({ host: '127.0.0.1', port: 0 });
});

afterEach(() => app.close());

afterEach(() => gate.resolve());

async function post(bytes: number): Promise<number> {
  const body = JSON.stringify('x'.repeat(bytes));
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(url, { method: 'POST', headers, body });
  await response.text();
  return response.status;
}

it('large bodies share a bound; small ones pass; when a large one is answered there is room again', async () => {
  const first = post(700_000);
  let refused = 0;
  // The first one may not have come yet: one of two is over the bound in any case.
  const second = post(700_000);
  for (const each of [first, second]) void each.then((status) => (refused += status === 503 ? 1 : 0));
  const smalls = [post(200_000), post(200_000), ...Array.from({ length: 50 }, () => post(15_000))];
  expect(await Promise.race([first, second])).toBe(503);
  expect(refused).toBeLessThanOrEqual(1);
  gate.resolve();
  expect((await Promise.all([first, second])).sort()).toEqual([200, 503]);
  expect(new Set(await Promise.all(smalls))).toEqual(new Set([200]));
  expect(await post(900_000)).toBe(200);
  expect(await post(1_100_000)).toBe(503);
  expect(await post(900_000)).toBe(200);
});

it('one that is refused, and whose sender then goes away, does no harm', async () => {
  gate.resolve();
  const head = (encoding: string) => `POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: ${encoding}\r\n`;
  const json = 'Content-Type: application/json\r\n\r\n';
  for (const text of [
    `${head('chunked')}${json}zz\r\n`,
    `${head('chunked')}${json}ffffffffff\r\n{}`,
    `${head('chunked')}${json}5\r\n{`,
    `${head('gzip')}\r\nx`,
  ]) {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.on('error', () => {});
    const closed = new Promise((resolve) => void socket.once('close', resolve));
    socket.resume().end(text);
    await closed;
  }
  expect(await post(10)).toBe(200);
});

it('those of medium size have a bound of their own', async () => {
  const mediums = [post(200_000), post(200_000), post(200_000)];
  expect(await Promise.race(mediums)).toBe(503);
  const others = [post(700_000), post(15_000)];
  gate.resolve();
  expect((await Promise.all(mediums)).sort()).toEqual([200, 200, 503]);
  expect(await Promise.all(others)).toEqual([200, 200]);
});
