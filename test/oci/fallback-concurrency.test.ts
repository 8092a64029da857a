// Not in npm run check: processes that race.

import { afterEach, expect, it } from 'vitest';
import { startDockerRegistry, type TestRegistry } from '../support/docker-registry.ts';
import { startEmbeddedRegistry } from '../support/embedded-registry.ts';
import { itWithPeers } from '../support/peers.ts';
import { raceReferrers } from '../support/referrer-race.ts';

// The full figures: npm run trial -- concurrent-referrers

let registry: TestRegistry | undefined;
afterEach(async () => {
  await registry?.stop();
  registry = undefined;
});

itWithPeers(
  ['docker-registry'],
  'processes that push referrers of one image to docker-registry at once lose none',
  async () => {
    registry = await startDockerRegistry();
    const result = await raceReferrers({ host: registry.host, processes: 3, referrers: 5 });
    expect(result).toMatchObject({ found: 15, expected: 15 });
  },
  120_000,
);

it('with conditional writes they lose none either', async () => {
  registry = await startEmbeddedRegistry({ referrersApi: false });
  const result = await raceReferrers({ host: registry.host, processes: 3, referrers: 4 });
  expect(result).toMatchObject({ found: 12, expected: 12 });
}, 120_000);
