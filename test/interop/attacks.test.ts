import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from '../../scripts/project.ts';
import { itWithPeers } from '../support/peers.ts';
import { attacks } from './attacks/scenario.ts';
import { attackSystems } from './attacks/stage-all.ts';
import { expected, outcomesOf, renderTable } from './attacks/table.ts';

describe('the attacks of docs/attacks.md', () => {
  it('are in its table, with what is expected of them', () => {
    const table = renderTable((attack) => expected[attack] ?? []);
    expect(readFileSync(join(root, 'docs/attacks.md'), 'utf8')).toContain(`\n${table}\n`);
    expect(Object.keys(expected)).toEqual(attacks.map(({ id }) => id));
  });

  // All of them, and Docker Content Trust: npm run trial -- attacks.
  itWithPeers(
    ['cosign', 'notation'],
    'come out so on cosign, notation and Signet: a tag moved back, metadata put back',
    async () => {
      const some = ['rollback', 'stale-metadata'];
      const attacked = await attackSystems(some);
      for (const attack of some)
        expect(outcomesOf(attacked, attack).slice(2), attack).toEqual(expected[attack]?.slice(2));
    },
    120_000,
  );
});
