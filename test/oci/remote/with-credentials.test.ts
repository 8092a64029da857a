import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import {
  type Credential,
  createRegistryClient,
  digestOf,
  MEDIA_TYPE_MANIFEST,
} from '../../../packages/oci/src/index.ts';
import type { TestRegistry } from '../../support/docker-registry.ts';
import { startEmbeddedRegistry } from '../../support/embedded-registry.ts';

let registry: TestRegistry;
const where = () => ({ registry: registry.host, repository: 'app' });
const source = (credential: Credential) => ({ get: async () => credential });
const good = (): Credential => ({
  kind: 'basic',
  username: registry.username ?? '',
  password: registry.password ?? '',
});

beforeAll(async () => {
  registry = await startEmbeddedRegistry({ htpasswd: true, token: {} });
  const client = createRegistryClient({ credentials: source(good()) });
  const config = Buffer.from('{}');
  const blob = { mediaType: 'application/vnd.oci.empty.v1+json', digest: digestOf(config), size: 2 };
  const store = client.repository(where());
  await store.push(config, blob);
  const members = { schemaVersion: 2, mediaType: MEDIA_TYPE_MANIFEST, config: blob, layers: [] };
  const bytes = Buffer.from(JSON.stringify(members));
  const descriptor = { mediaType: MEDIA_TYPE_MANIFEST, digest: digestOf(bytes), size: bytes.length };
  await store.push(bytes, descriptor);
  await store.tag({ bytes, descriptor }, '1');
  await client.close();
});

afterAll(() => registry.stop());

it('the same connections with other credentials: neither side has what the other got by its own', async () => {
  const sent: string[] = [];
  const client = createRegistryClient({
    onRequest: ({ url, status }) => sent.push(`${status} ${new URL(url).pathname}`),
  });
  onTestFinished(() => client.close());
  const refused = { code: 'UNAUTHORIZED' };
  await expect(client.repository(where()).resolve('1')).rejects.toMatchObject(refused);
  const other = client.withCredentials(source(good()));
  expect((await other.repository(where()).resolve('1')).descriptor.mediaType).toBe(MEDIA_TYPE_MANIFEST);
  await expect(client.repository(where()).resolve('1')).rejects.toMatchObject(refused);
  const wrong = client.withCredentials(source({ kind: 'basic', username: 'signet', password: 'wrong' }));
  await expect(wrong.repository(where()).resolve('1')).rejects.toMatchObject(refused);
  sent.length = 0;
  await other.repository(where()).resolve('1');
  expect(sent).toEqual(['200 /v2/app/manifests/1']); // with the token that it has
});
