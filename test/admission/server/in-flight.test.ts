import { type AddressInfo, connect } from 'node:net';
import fastify, { type FastifyInstance } from 'fastify';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { boundInFlight } from '../../../packages/admission/src/server/in-flight.ts';

let app: FastifyInstance;
let url: string;
/** Requests wait for it. */
let gate: PromiseWithResolvers<void>;
/** Resolves when so many requests have begun. */
let begun: (count: number) => Promise<void>;

beforeEach(async () => {
  gate = Promise.withResolvers();
  let count = 0;
  const waiting: (() => void)[] = [];
  begun = (wanted) =>
    new Promise((resolve) => {
      const look = (): void => (count >= wanted ? resolve() : void waiting.push(look));
      look();
    });
  app = fastify();
  boundInFlight(app, { max: 3, isExempt: (path) => path === '/health' });
  app.get('/', async () => {
    count += 1;
    for (const look of waiting.splice(0)) look();
    await gate.promise;
    return 'done';
  });
  app.get('/health', async () => 'well');
  url = await app.listen({ host: '127.0.0.1', port: 0 });
});

afterEach(() => app.close());

const get = async (path = '/', signal?: AbortSignal): Promise<number> =>
  (await fetch(url + path, signal === undefined ? {} : { signal })).status;

it('what is over the bound is answered at once, and health is told all the same', async () => {
  const three = [get(), get(), get()];
  await begun(3);
  expect(await get()).toBe(503);
  expect(await get('/health')).toBe(200);
  gate.resolve();
  expect(await Promise.all(three)).toEqual([200, 200, 200]);
  expect(await get()).toBe(200);
});

it('a request whose caller went away makes room again', async () => {
  const gone = new AbortController();
  const waiting = [get('/', gone.signal), get('/', gone.signal), get('/', gone.signal)].map((each) =>
    each.catch(() => 0),
  );
  await begun(3);
  gone.abort();
  await Promise.all(waiting);
  gate.resolve();
  await expect.poll(() => get()).toBe(200);
});

it('a request whose caller went away before it was worked on takes no room', async () => {
  const checking = Promise.withResolvers<void>();
  const slow = fastify();
  let checked = 0;
  slow.addHook('preValidation', async () => {
    checked += 1;
    if (checked <= 3) await checking.promise;
  });
  boundInFlight(slow, { max: 3 });
  slow.get('/', async () => 'done');
  const address = await slow.listen({ host: '127.0.0.1', port: 0 });
  try {
    const gone = new AbortController();
    const left = [1, 2, 3].map(() => fetch(address, { signal: gone.signal }).catch(() => undefined));
    await expect.poll(() => checked).toBe(3);
    const closed = new Promise<void>((resolve) => {
      const look = (): void =>
        void slow.server.getConnections((_, count) => (count === 0 ? resolve() : setTimeout(look, 5)));
      setTimeout(look, 5);
    });
    gone.abort();
    await Promise.all(left);
    await closed;
    checking.resolve();
    for (let at = 0; at < 5; at += 1) expect((await fetch(address)).status).toBe(200);
  } finally {
    await slow.close();
  }
});

it('a body that does not end keeps nobody out', async () => {
  const bounded = fastify();
  boundInFlight(bounded, { max: 2 });
  bounded.post('/', async () => 'done');
  await bounded.listen({ host: '127.0.0.1', port: 0 });
  const { port } = bounded.server.address() as AddressInfo;
  const stalled = Array.from({ length: 4 }, () => connect(port, '127.0.0.1'));
  try {
    for (const socket of stalled)
      socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 9\r\n\r\nhalf');
    await expect.poll(() => count(bounded)).toBe(4);
    const answer = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: 'whole' });
    expect(answer.status).toBe(200);
  } finally {
    for (const socket of stalled) socket.destroy();
    await bounded.close();
  }
});

function count(server: FastifyInstance): Promise<number> {
  return new Promise((resolve) => server.server.getConnections((_, connections) => resolve(connections)));
}
