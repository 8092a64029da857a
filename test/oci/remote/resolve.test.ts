import type { ServerResponse } from 'node:http';
import { createRegistryClient, encodeManifest, type Store } from '@signet/oci';
import { afterEach, describe, expect, it } from 'vitest';
import { type Answer, type HostileRegistry, startHostileRegistry } from '../../support/hostile-registry.ts';
import { codeOf } from '../code-of.ts';

const left: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of left.splice(0)) await end();
});

const known = encodeManifest({ kind: 'manifest', artifactType: 'application/x.test' });
const other = encodeManifest({ kind: 'index', manifests: [] });

async function world(answer: Answer): Promise<{ readonly store: Store; readonly registry: HostileRegistry }> {
  const registry = await startHostileRegistry(answer);
  const client = createRegistryClient();
  left.push(() => client.close(), registry.stop);
  return { store: client.repository({ registry: registry.host, repository: 'a/b' }), registry };
}

const withManifest = ({ descriptor, bytes }: typeof known, headers: Readonly<Record<string, string>> = {}) =>
  ((_, response: ServerResponse) =>
    void response.writeHead(200, { 'content-type': descriptor.mediaType, ...headers }).end(bytes)) satisfies Answer;
const unchanged = (headers: Readonly<Record<string, string>> = {}) =>
  ((_, response: ServerResponse) => void response.writeHead(304, headers).end()) satisfies Answer;

describe('what a tag was resolved to before', () => {
  it('is asked for by its digest, and given back where nothing has changed', async () => {
    const { store, registry } = await world(unchanged());
    expect(await store.resolve('v1', { known })).toBe(known);
    expect(registry.seen[0]?.headers['if-none-match']).toBe(`"${known.descriptor.digest}"`);
  });

  it('is given back too where the registry sends it once more', async () => {
    const { store } = await world(withManifest(known));
    expect(await store.resolve('v1', { known })).toBe(known);
  });

  it('is not given back where the tag names something else', async () => {
    const { store } = await world(withManifest(other));
    expect((await store.resolve('v1', { known })).descriptor.digest).toBe(other.descriptor.digest);
    const stated = await world(unchanged({ 'docker-content-digest': other.descriptor.digest }));
    expect(await codeOf(stated.store.resolve('v1', { known }))).toBe('DIGEST_MISMATCH');
  });

  it('has to be there for an answer without content', async () => {
    const { store } = await world(unchanged());
    expect(await codeOf(store.resolve('v1'))).toBe('UNEXPECTED_ANSWER');
  });
});

describe("the registry's clock", () => {
  it.each([
    ['Mon, 23 Nov 2026 09:00:05 GMT', Date.UTC(2026, 10, 23, 9, 0, 5)],
    ['not a date', undefined],
  ])('%s', async (date, expected) => {
    const { store } = await world(withManifest(known, { date }));
    expect((await store.resolve('v1')).dateMs).toBe(expected);
  });
});
