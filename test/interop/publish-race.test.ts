import { describe, expect, it } from 'vitest';
import { startDockerRegistry } from '../support/docker-registry.ts';
import { startEmbeddedRegistry } from '../support/embedded-registry.ts';
import { havePeers } from '../support/peers.ts';
import { killPublishers, racePublishers } from './publish-race.ts';

/** `npm run trial -- concurrent-publishers` is the same with more of everything. */
describe.each([
  ['docker-registry', startDockerRegistry, havePeers(['docker-registry'])],
  ['embedded', startEmbeddedRegistry, true],
] as const)('signet sign --publish, many at once, on %s', (_, start, isThere) => {
  it.runIf(isThere)('all is there in the end', async () => {
    const registry = await start();
    try {
      expect(await racePublishers(registry.host, 3, 2)).toMatchObject({ acknowledged: 6, lost: [] });
    } finally {
      await registry.stop();
    }
  });

  it.runIf(isThere)('nothing that was acknowledged is lost when others are killed', async () => {
    const registry = await start();
    try {
      const figures = await killPublishers(registry.host, { from: 24, step: 3, others: 1 });
      expect(figures).toMatchObject({ lost: [] });
      expect(figures.kills).toBeGreaterThan(4);
      // Before anything is recorded (at some request beyond the thirtieth) it is absent; afterwards the next one completes it.
      expect(figures.absent).toBeGreaterThan(0);
      expect(figures.published + figures.completed).toBeGreaterThan(0);
    } finally {
      await registry.stop();
    }
  });
});
