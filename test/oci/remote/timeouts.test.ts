// Not in npm run check: waits for time limits.

import { createServer, type Socket } from 'node:net';
import {
  type ClientOptions,
  createRegistryClient,
  type Descriptor,
  digestOf,
  type Store,
  type Timeouts,
} from '@signet/oci';
import { afterEach, describe, expect, it } from 'vitest';
import { listenOnLoopback } from '../../support/delay-proxy.ts';
import { type Answer, startHostileRegistry } from '../../support/hostile-registry.ts';
import { codeOf } from '../code-of.ts';

const blob = Buffer.alloc(100_000, 'x');
const target: Descriptor = { mediaType: 'application/octet-stream', digest: digestOf(blob), size: blob.length };
const left: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of left.splice(0)) await end();
});

async function world(answer: Answer, timeouts: Partial<Timeouts>): Promise<Store> {
  const { host, stop } = await startHostileRegistry(answer);
  left.push(stop);
  return open(host, { timeouts });
}

function open(host: string, options: ClientOptions): Store {
  const client = createRegistryClient({ retries: { maxAttempts: 1 }, ...options });
  left.unshift(() => client.close());
  return client.repository({ registry: host, repository: 'a/b' });
}

/** Takes connections and says nothing. */
async function startSilence(): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => void sockets.add(socket.on('error', () => {})));
  const port = await listenOnLoopback(server);
  left.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return `127.0.0.1:${port}`;
}

const says = async (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'resolved',
    (error: unknown) => String(error),
  );

/** What all of these must say well before the ordinary limits of half a minute. */
const soonMs = 20_000;
async function soon<T>(work: Promise<T>): Promise<T> {
  const began = performance.now();
  const result = await work;
  expect(performance.now() - began).toBeLessThan(soonMs);
  return result;
}

describe('a time limit', () => {
  it('on connecting ends a TLS handshake that gets no answer', async () => {
    const store = open(await startSilence(), { plainHttp: false, timeouts: { connectMs: 200 } });
    expect(await soon(says(store.fetch(target)))).toMatch(/no connection within the time limit/);
  });

  it('on the answer ends the waiting for headers', async () => {
    const store = await world(() => {}, { headersMs: 200 });
    const said = await soon(store.fetch(target).catch((error: unknown) => error));
    expect(said).toMatchObject({ code: 'TIMEOUT', message: expect.stringContaining('no answer within') });
  });

  it('on silence ends a body that stops halfway, read whole or as a stream', async () => {
    const store = await world(
      (_, response) => {
        response.writeHead(200, { 'content-length': String(blob.length) });
        response.write(blob.subarray(0, 10));
      },
      { bodyMs: 200 },
    );
    expect(await soon(says(store.fetch(target)))).toMatch(/stopped halfway/);
    const read = async (): Promise<void> => {
      for await (const _ of await store.open(target));
    };
    expect(await soon(says(read()))).toMatch(/stopped halfway/);
  });

  it('on the whole ends everything: no connection, no answer, retries, waits, listings', async () => {
    const timeouts = { totalMs: 250 };
    const silent = open(await startSilence(), { plainHttp: false, timeouts });
    expect(await soon(codeOf(silent.resolve('v1')))).toBe('TIMEOUT');
    const mute = await world(() => {}, timeouts);
    expect(await soon(codeOf(mute.resolve('v1')))).toBe('TIMEOUT');
    const list = async (): Promise<void> => {
      for await (const _ of mute.referrers(target));
    };
    expect(await soon(codeOf(list()))).toBe('TIMEOUT');
    const { host, stop } = await startHostileRegistry((_, response) =>
      response.writeHead(503, { 'retry-after': '20' }).end(),
    );
    left.push(stop);
    const patient = open(host, { timeouts, retries: { maxAttempts: 5 } });
    expect(await soon(codeOf(patient.resolve('v1')))).toBe('TIMEOUT');
  });

  it('of the caller counts in every phase', async () => {
    const silent = open(await startSilence(), { plainHttp: false });
    const mute = await world(() => {}, {});
    for (const store of [silent, mute]) {
      const signal = AbortSignal.timeout(100);
      expect(await soon(codeOf(store.fetch(target, { signal })))).toBe('ABORTED');
    }
  });

  it('leaves a large transfer the time that its size takes', async () => {
    const slow = await world(
      (_, response) => {
        response.writeHead(200, { 'content-length': String(blob.length) });
        response.write(blob.subarray(0, 50_000));
        setTimeout(() => response.end(blob.subarray(50_000)), 600);
      },
      { totalMs: 200 },
    );
    expect(await codeOf(slow.fetch(target))).toBe('resolved');
  });
});
