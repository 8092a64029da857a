import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, vi } from 'vitest';
import { openValkey, type SharedStore, type ValkeyOptions } from '../../packages/admission/src/index.ts';
import { itWithPeers } from '../support/peers.ts';
import type { StartedProcess } from '../support/process.ts';
import { createTestCa } from '../support/tls.ts';
import { freePort, startValkey, startValkeyProcess, type ValkeyServer } from '../support/valkey.ts';

const closing: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function valkey(...args: readonly string[]): Promise<ValkeyServer> {
  const server = await startValkey(...args);
  closing.push(() => server.stop());
  return server;
}

async function listening(...args: readonly string[]): Promise<StartedProcess> {
  const server = await startValkeyProcess(...args);
  closing.push(() => server.stop());
  return server;
}

async function open(options: ValkeyOptions): Promise<SharedStore> {
  // What a test waits for comes, however busy the machine is.
  const store = await openValkey({ answerMs: 20_000, ...options });
  closing.push(() => store.close());
  return store;
}

const works = async (store: SharedStore): Promise<void> => {
  await store.write('signet:answer:x', Buffer.from('bytes'), 60_000);
  expect(await store.read(['signet:answer:x', 'signet:answer:y'], 100)).toEqual([Buffer.from('bytes'), undefined]);
};
const title = (text: string): [readonly ['valkey-server'], string] => [['valkey-server'], text];

describe('a store in Valkey', () => {
  itWithPeers(...title('keeps bytes by name for a time, and gives no more of them than is asked for'), async () => {
    const { address } = await valkey();
    const [store, other] = [await open({ address }), await open({ address })];
    const bytes = Buffer.from([0, 255, 10, 13, 36]);
    await store.write('n', bytes, 60_000);
    expect(await other.read(['n'], 100)).toEqual([bytes]);
    expect(await other.read(['n'], 2)).toEqual([bytes.subarray(0, 3)]);
    await store.write('n', bytes, 1);
    await vi.waitFor(async () => expect(await store.read(['n'], 100)).toEqual([undefined]));
  });

  itWithPeers(...title('tells all that listen'), async () => {
    const { address } = await valkey();
    const [store, other] = [await open({ address }), await open({ address })];
    const heard: Buffer[] = [];
    const ready = Promise.withResolvers<void>();
    await other.listen('channel', (message) => heard.push(message), ready.resolve);
    await ready.promise;
    await store.tell('another', Buffer.from('no'));
    await store.tell('channel', Buffer.from([0, 255]));
    await vi.waitFor(() => expect(heard).toEqual([Buffer.from([0, 255])]));
  });

  itWithPeers(...title('is logged into by name and password'), async () => {
    const port = String(await freePort());
    const user = [
      '--user',
      'signet',
      'on',
      '>good',
      '~signet:*',
      '&signet:*',
      '+@read',
      '+@write',
      '+@pubsub',
      '+@connection',
      '+info',
    ];
    await listening('--port', port, '--bind', '127.0.0.1', '--requirepass', 'other', ...user);
    const address = { kind: 'tcp', host: '127.0.0.1', port: Number(port), usesTls: false, database: 0 } as const;
    await works(await open({ address, user: 'signet', password: 'good' }));
    await works(await open({ address, password: 'other' }));
    const told: string[] = [];
    const refused = await open({
      address,
      user: 'signet',
      password: 'bad',
      onError: ({ message }) => told.push(message),
    });
    await expect(refused.read(['signet:answer:x'], 10)).rejects.toThrow();
    expect(told.join()).toMatch(/WRONGPASS/);
    expect(told.join()).not.toContain('bad');
  });

  itWithPeers(...title('is reached by TLS, and only where its certificate is trusted'), async () => {
    const port = String(await freePort());
    const ca = await createTestCa();
    closing.push(() => ca.remove());
    const { certFile, keyFile } = await ca.issue();
    const tls = ['--tls-cert-file', certFile, '--tls-key-file', keyFile, '--tls-ca-cert-file', ca.caFile];
    await listening('--port', '0', '--tls-port', port, '--bind', '127.0.0.1', '--tls-auth-clients', 'no', ...tls);
    const address = { kind: 'tcp', host: 'localhost', port: Number(port), usesTls: true, database: 1 } as const;
    await works(await open({ address, ca: ca.ca }));
    await expect((await open({ address })).read(['n'], 10)).rejects.toThrow();
  });

  itWithPeers(...title('that is killed fails at once, and is used again when it is back, by itself'), async () => {
    const server = await valkey();
    const store = await open({ address: server.address });
    const gaps = vi.fn();
    const heard = vi.fn();
    await store.listen('channel', heard, gaps);
    await vi.waitFor(() => expect(gaps).toHaveBeenCalledTimes(1));
    await server.kill();
    await expect(store.read(['n'], 10)).rejects.toThrow();
    await expect(store.write('n', Buffer.from('x'), 1000)).rejects.toThrow();
    await server.restart();
    await vi.waitFor(() => works(store), 10_000);
    await vi.waitFor(() => expect(gaps).toHaveBeenCalledTimes(2), 10_000);
    await store.tell('channel', Buffer.from('x'));
    await vi.waitFor(() => expect(heard).toHaveBeenCalledTimes(1));
  });

  itWithPeers(...title('that hangs costs a moment, and is used again when it goes on'), async () => {
    const server = await valkey();
    const store = await open({ address: server.address, answerMs: 20 });
    await vi.waitFor(() => works(store), 10_000);
    server.pause();
    const started = performance.now();
    await expect(store.read(['n'], 10)).rejects.toThrow('no answer in time');
    expect(performance.now() - started).toBeLessThan(1000);
    await sleep(2500); // longer than the connection is held to be one
    await expect(store.read(['n'], 10)).rejects.toThrow();
    server.resume();
    await vi.waitFor(() => works(store), 10_000);
  });

  itWithPeers(...title('that is full takes nothing more, and gives what it has'), async () => {
    const { address } = await valkey('--maxmemory-policy', 'noeviction', '--maxmemory', '8mb');
    const store = await open({ address });
    await store.write('first', Buffer.from('kept'), 60_000);
    const fill = async (): Promise<void> => {
      for (let at = 0; at < 1000; at += 1) await store.write(`n${at}`, Buffer.alloc(60_000), 60_000);
    };
    await expect(fill()).rejects.toThrow(/OOM/);
    expect(await store.read(['first'], 10)).toEqual([Buffer.from('kept')]);
  });

  itWithPeers(...title('that was never there does not keep a server from its start'), async () => {
    const told: string[] = [];
    const address = { kind: 'socket', path: '/nowhere/valkey.sock', database: 0 } as const;
    const store = await open({ address, onError: ({ message }) => told.push(message) });
    await expect(store.read(['n'], 10)).rejects.toThrow();
    expect(told.join()).toContain('ENOENT');
  });
});
