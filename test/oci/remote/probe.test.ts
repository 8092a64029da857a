import { type ClientOptions, createRegistryClient, type Probe } from '@signet/oci';
import { describe, expect, it } from 'vitest';
import { startEmbeddedRegistry } from '../../support/embedded-registry.ts';
import { type Answer, startHostileRegistry } from '../../support/hostile-registry.ts';

const noonMs = Date.UTC(2026, 10, 24, 12);
const noon = 'Tue, 24 Nov 2026 12:00:00 GMT';

/** What is learned of a registry that answers so; and the addresses that were asked for. */
async function probed(
  answer: Answer,
  options: ClientOptions = {},
): Promise<Probe & { readonly asked: readonly string[] }> {
  const server = await startHostileRegistry(answer);
  const client = createRegistryClient({ now: () => noonMs, retries: { maxAttempts: 1 }, ...options });
  try {
    return { ...(await client.probe(server.host)), asked: server.seen.map(({ url }) => url) };
  } finally {
    await client.close();
    await server.stop();
  }
}

const stating =
  (headers: Record<string, string>): Answer =>
  (_, response) => {
    response.sendDate = false;
    response.writeHead(200, headers).end();
  };

describe('probing a registry', () => {
  it('asks for its base address and its catalogue, once each', async () => {
    const found = await probed(stating({ server: 'x/1', 'docker-distribution-api-version': 'registry/2.0' }));
    expect(found.asked).toEqual(['/v2/', '/v2/_catalog?n=1']);
    expect(found).toMatchObject({ isReachable: true, status: 200, auth: 'none', isAuthorized: true, hasCatalog: true });
    expect(found).toMatchObject({ server: 'x/1', apiVersion: 'registry/2.0' });
  });

  it('says that it is not let in, and does not ask for the catalogue then', async () => {
    const found = await probed((_, response) => {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="r"' }).end();
    });
    expect(found).toMatchObject({ isReachable: true, status: 401, auth: 'basic', isAuthorized: false });
    expect(found.error?.code).toBe('UNAUTHORIZED');
    expect(found.asked).toEqual(['/v2/']);
  });

  it('tells a catalogue that is not shown from a registry that fails', async () => {
    const hidden = await probed(({ url }, response) => response.writeHead(url === '/v2/' ? 200 : 404).end());
    expect(hidden).toMatchObject({ isAuthorized: true, hasCatalog: false });
    const broken = await probed((_, response) => response.writeHead(503).end());
    expect(broken).toMatchObject({ isReachable: true, status: 503, isAuthorized: false });
    expect(broken.error?.code).toBe('SERVER_ERROR');
  });

  it('says that nobody answers, without throwing', async () => {
    const server = await startHostileRegistry(() => {});
    await server.stop();
    const client = createRegistryClient({ retries: { maxAttempts: 1 } });
    const found = await client.probe(server.host).finally(() => client.close());
    expect(found).toMatchObject({ isReachable: false, isAuthorized: false, hasCatalog: false });
    expect(found.error?.code).toBe('UNREACHABLE');
  });

  it('keeps what a registry says of itself short', async () => {
    const found = await probed(stating({ server: 'x'.repeat(5000) }));
    expect(found.server).toHaveLength(80);
  });
});

describe('the clock of a registry', () => {
  it.each([
    [noon, 500],
    ['Tue, 24 Nov 2026 13:00:00 GMT', 3_600_500],
    ['Tue, 24 Nov 2026 11:00:00 GMT', -3_599_500],
  ])('is held against this one: %s', async (date, offset) => {
    expect((await probed(stating({ date }))).clockOffsetMs).toBe(offset);
  });

  it('is also known where we are not let in', async () => {
    const found = await probed((_, response) => {
      response.sendDate = false;
      response.writeHead(401, { date: noon }).end();
    });
    expect(found.clockOffsetMs).toBe(500);
  });

  it.each([
    ['no Date', {}],
    ['not of the form', { date: '2026-11-24T12:00:00Z' }],
    ['a number', { date: '1' }],
    ['no day that there is', { date: 'Tue, 99 Nov 2026 12:00:00 GMT' }],
    ['kept by a cache', { date: noon, age: '60' }],
  ])('is unknown with a Date that is %s', async (_, headers) => {
    expect(await probed(stating(headers))).not.toHaveProperty('clockOffsetMs');
  });

  it('agrees with this one on the embedded registry, which runs here', async () => {
    const server = await startEmbeddedRegistry();
    const client = createRegistryClient();
    try {
      // Whatever this machine is busy with: the registry's clock is this clock.
      expect(Math.abs((await client.probe(server.host)).clockOffsetMs ?? Number.NaN)).toBeLessThan(60_000);
    } finally {
      await client.close();
      await server.stop();
    }
  });
});
