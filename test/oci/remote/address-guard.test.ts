import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRegistryClient, digestOf, RegistryError } from '@signet/oci';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let server: Server;
let port: number;
let asked: string[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(request.url ?? '');
    if (request.url?.includes('moved'))
      response.writeHead(307, { location: `http://127.0.0.1:${port}/elsewhere` }).end();
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});

afterAll(() => void server.close());

async function codeAt(host: string, mayConnect: (host: string, address: string) => boolean): Promise<string> {
  const client = createRegistryClient({ mayConnect, plainHttp: true, retries: { maxAttempts: 1 } });
  asked = [];
  try {
    await client.repository({ registry: `${host}:${port}`, repository: 'app' }).resolve('1');
    return 'answered';
  } catch (error) {
    return error instanceof RegistryError ? error.code : String(error);
  } finally {
    await client.close();
  }
}

describe('mayConnect', () => {
  it('keeps an address in the reference itself from being asked', async () => {
    expect(await codeAt('127.0.0.1', () => false)).toBe('ADDRESS_REFUSED');
    expect(asked).toEqual([]);
  });

  it('keeps a name from leading there', async () => {
    expect(await codeAt('localhost', (_host, address) => !/^(?:127\.|::1)/.test(address))).toBe('ADDRESS_REFUSED');
    expect(asked).toEqual([]);
  });

  it('is told the host with its port, and lets pass what may be asked', async () => {
    const seen: string[] = [];
    expect(await codeAt('localhost', (host, address) => seen.push(`${host} ${address}`) > 0)).toBe('NOT_FOUND');
    expect(seen).toContain(`localhost:${port} 127.0.0.1`);
    expect(asked.length).toBe(1);
  });

  it('is asked for redirects too', async () => {
    const client = createRegistryClient({
      plainHttp: true,
      retries: { maxAttempts: 1 },
      mayConnect: (host) => host.startsWith('localhost'),
    });
    asked = [];
    const descriptor = { mediaType: 'x/y', digest: digestOf(Buffer.from('x')), size: 1 };
    const repository = client.repository({ registry: `localhost:${port}`, repository: 'moved' });
    await expect(repository.fetch(descriptor)).rejects.toMatchObject({ code: 'ADDRESS_REFUSED' });
    expect(asked.every((url) => url !== '/elsewhere')).toBe(true);
    await client.close();
  });
});
