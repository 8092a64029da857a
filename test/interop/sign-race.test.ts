import { afterEach, expect, it } from 'vitest';
import { startDockerRegistry, type TestRegistry } from '../support/docker-registry.ts';
import { startEmbeddedRegistry } from '../support/embedded-registry.ts';
import { itWithPeers } from '../support/peers.ts';
import { raceSigners } from './sign-race.ts';

// The full figures: npm run trial -- concurrent-signers

let registry: TestRegistry | undefined;
afterEach(async () => {
  await registry?.stop();
  registry = undefined;
});

const small = { processes: 8, signatures: 2 } as const;
const all = { found: 16, expected: 16 } as const;

for (const format of ['cosign', 'sigstore'] as const) {
  itWithPeers(
    ['docker-registry'],
    `eight processes that sign one image at once on docker-registry lose nothing (${format})`,
    async () => {
      registry = await startDockerRegistry();
      expect(await raceSigners({ host: registry.host, format, ...small })).toMatchObject(all);
    },
    180_000,
  );
}

it('nor on a registry with conditional writes, under the .sig tag', async () => {
  registry = await startEmbeddedRegistry();
  expect(await raceSigners({ host: registry.host, format: 'cosign', ...small })).toMatchObject(all);
}, 180_000);
