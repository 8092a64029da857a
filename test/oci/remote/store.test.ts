// Not in npm run check: the whole contract over six registries.

import { createRegistryClient, type RegistryClient, type Store } from '@signet/oci';
import { afterAll, describe } from 'vitest';
import { startCraneRegistry } from '../../support/crane-registry.ts';
import { startDockerRegistry, type TestRegistry } from '../../support/docker-registry.ts';
import { startEmbeddedRegistry } from '../../support/embedded-registry.ts';
import { havePeers, type PeerName } from '../../support/peers.ts';
import { describeStore } from '../store-contract.ts';
import type { StoreTraits } from '../store-traits.ts';

/** 2.8.3: no delete by tag, no manifests by sha512. */
const dockerRegistry: StoreTraits = { untag: false, sha512: { blobs: true, manifests: false }, emptyTags: 'NOT_FOUND' };
/** 0.20.7: no sha512; a tag stays when its manifest goes; deleting what is not there is a 500. */
const craneRegistry: StoreTraits = {
  deleteAbsent: 'SERVER_ERROR',
  tagsFollowManifest: false,
  sha512: { blobs: false, manifests: false },
  emptyTags: 'NOT_FOUND',
};

/** Nothing is missing; a repository begins with its first push. */
const embedded: StoreTraits = { emptyTags: 'NOT_FOUND' };

const registries: readonly (readonly [string, PeerName | undefined, StoreTraits, () => Promise<TestRegistry>])[] = [
  ['the embedded registry', undefined, embedded, () => startEmbeddedRegistry()],
  [
    'the embedded registry without the referrers API',
    undefined,
    embedded,
    () => startEmbeddedRegistry({ referrersApi: false }),
  ],
  [
    'the embedded registry with TLS and tokens',
    undefined,
    embedded,
    () => startEmbeddedRegistry({ tls: true, htpasswd: true, token: {} }),
  ],
  ['docker-registry', 'docker-registry', dockerRegistry, () => startDockerRegistry()],
  [
    'docker-registry with TLS and htpasswd',
    'docker-registry',
    dockerRegistry,
    () => startDockerRegistry({ tls: true, htpasswd: true }),
  ],
  ["crane's registry", 'crane', craneRegistry, () => startCraneRegistry()],
];

for (const [name, peer, traits, start] of registries) {
  describe.skipIf(!havePeers(peer === undefined ? [] : [peer]))(name, () => {
    let world: Promise<{ readonly registry: TestRegistry; readonly client: RegistryClient }> | undefined;
    let count = 0;
    const open = async (): Promise<Store> => {
      world ??= start().then((registry) => ({ registry, client: clientFor(registry) }));
      const { registry, client } = await world;
      count += 1;
      return client.repository({ registry: registry.host, repository: `contract/r${count}` });
    };
    afterAll(async () => {
      const made = await world;
      await made?.client.close();
      await made?.registry.stop();
    });
    describeStore(name, open, traits);
  });
}

function clientFor({ ca, username, password }: TestRegistry): RegistryClient {
  return createRegistryClient({
    ...(ca === undefined ? {} : { ca }),
    ...(username === undefined || password === undefined
      ? {}
      : { credentials: { get: () => Promise.resolve({ kind: 'basic', username, password } as const) } }),
  });
}
