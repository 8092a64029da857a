import { createRegistryClient, type RegistryClient, type Store } from '@signet/oci';
import { afterAll, describe } from 'vitest';
import { startCraneRegistry } from '../support/crane-registry.ts';
import { startDockerRegistry, type TestRegistry } from '../support/docker-registry.ts';
import { havePeers, type PeerName } from '../support/peers.ts';
import { describeStore } from './store-contract.ts';

const registries: readonly (readonly [string, PeerName, () => Promise<TestRegistry>])[] = [
  ['docker-registry', 'docker-registry', () => startDockerRegistry()],
  [
    'docker-registry with TLS and htpasswd',
    'docker-registry',
    () => startDockerRegistry({ tls: true, htpasswd: true }),
  ],
  ["crane's registry", 'crane', () => startCraneRegistry()],
];

for (const [name, peer, start] of registries) {
  describe.skipIf(!havePeers([peer]))(name, () => {
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
    describeStore(name, open);
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
