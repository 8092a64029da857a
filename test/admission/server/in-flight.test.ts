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
