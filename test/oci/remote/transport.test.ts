import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { createRegistryClient, type Descriptor, digestOf } from '@signet/oci';
import { afterEach, describe, expect, it } from 'vitest';
import { allOf, describeBytes } from '../images.ts';

const origins = 300;
const content = Buffer.from('x');
const target: Descriptor = { mediaType: 'application/octet-stream', digest: digestOf(content), size: content.length };
const slow = Buffer.from('first second');
const left: (() => void)[] = [];
afterEach(() => {
  for (const end of left.splice(0)) end();
});

/** A registry that redirects every request to another address of this machine. */
async function scatter(): Promise<{ server: Server; host: string; finish: () => void }> {
  let count = 0;
  let finish = (): void => {};
  const server = createServer(({ url = '' }, response) => {
    if (url.startsWith('/v2/')) {
      count += 1;
      const to = `http://127.1.${count >> 8}.${count & 255}:${port}/${url.split(':').at(-1)}`;
      response.writeHead(307, { location: to }).end();
    } else if (url.endsWith(target.digest.slice(7))) response.end(content);
    else {
      response.write(slow.subarray(0, 6));
      finish = () => void response.end(slow.subarray(6));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
  const { port } = server.address() as AddressInfo;
  left.push(() => server.close().closeAllConnections());
  return { server, host: `127.0.0.1:${port}`, finish: () => finish() };
}

// Only Linux answers at all of 127.0.0.0/8.
describe.skipIf(process.platform !== 'linux')('a registry that redirects to ever other origins', () => {
  it('makes us keep no more connections than a bound, and breaks off none that is in use', async () => {
    const { server, host, finish } = await scatter();
    const client = createRegistryClient();
    left.push(() => void client.close());
    const store = client.repository({ registry: host, repository: 'a' });
    const stream = await store.open(describeBytes(slow));
    for (let at = 0; at < origins; at += 1) await store.fetch(target);
    expect(await promisify(server.getConnections.bind(server))()).toBeLessThan(origins - 30);
    finish();
    expect(Buffer.concat(await allOf(stream))).toEqual(slow);
  });
});
