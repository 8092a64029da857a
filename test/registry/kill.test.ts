// Not in npm run check: kills processes.

import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { itWithPeers } from '../support/peers.ts';
import { tempDir } from '../support/temp.ts';
import { blobOf, startTestRegistry } from './client.ts';
import { checkAfter } from './kill/after.ts';
import { DiskCheck, leftovers } from './kill/disk.ts';
import { Ledger } from './kill/ledger.ts';
import { inspectByPeers } from './kill/peers.ts';
import { killRounds } from './kill/rounds.ts';

describe('a registry that is killed amidst its work', () => {
  it('loses nothing that it acknowledged, and goes on with uploads', async () => {
    const figures = await killRounds({ rounds: 3 });
    expect(figures.faults).toEqual([]);
    expect(figures.acknowledged).toBeGreaterThan(0);
  });

  itWithPeers(['oras', 'crane'], 'leaves layouts that oras and crane read', async () => {
    const peers = await inspectByPeers();
    const figures = await killRounds({ rounds: 1, inspect: peers.inspect }).finally(() => peers.stop());
    expect(figures.faults).toEqual([]);
  });
});

/** That the checks of the trial can fail. */
describe('the checks after a kill', () => {
  it('tell what was lost, what is damaged, and half of a change', async () => {
    const root = tempDir();
    const client = await startTestRegistry({ root });
    const image = await client.pushImage('team/one', 'v1');
    const faults: string[] = [];
    const ledger = new Ledger();
    const path = `/v2/team/one/manifests/${image.digest}`;
    ledger.settle(path, image.digest);
    await checkAfter(client.registry.url, ledger, faults);
    expect(faults).toEqual([]);
    ledger.settle('/v2/team/one/manifests/v2', image.digest);
    await checkAfter(client.registry.url, ledger, faults);
    expect(faults.splice(0)).toEqual([`/v2/team/one/manifests/v2: acknowledged ${image.digest}, found null`]);
    ledger.settle('/v2/team/one/manifests/v2', null);
    const other = '/v2/team/one/manifests/v9';
    ledger.settle(other, null);
    ledger.begin([
      ['/v2/team/one/manifests/v1', image.digest],
      [other, image.digest],
    ]);
    await checkAfter(client.registry.url, ledger, faults);
    expect(faults.splice(0)).toEqual([expect.stringContaining('half of a change')]);
    const location = await client.startUpload('team/one');
    const upload = { location, repository: 'team/one', bytes: blobOf(9), digest: '', acked: 5, sent: 9 };
    ledger.uploads.set(location, { ...upload, isFinishing: false });
    await checkAfter(client.registry.url, ledger, faults);
    expect(faults.splice(0)).toEqual([expect.stringContaining('204 0, acknowledged 5, sent 9')]);
  });

  it('tell of damaged files, of entries without a file, and of leftovers', async () => {
    const root = tempDir();
    const client = await startTestRegistry({ root });
    const image = await client.pushImage('team/one', 'v1');
    const layout = join(root, 'team/one/_layout');
    const faults: string[] = [];
    const disk = new DiskCheck(faults);
    expect([...disk.look(layout)]).toEqual([['v1', image.digest]]);
    expect([faults, leftovers(root, [layout])]).toEqual([[], []]);
    appendFileSync(join(layout, 'blobs/sha256', image.digest.slice(7)), ' ');
    disk.look(layout);
    expect(faults).toEqual([expect.stringContaining('not what its name says'), expect.stringContaining('not there')]);
    writeFileSync(join(root, '_lock.1'), '');
    expect(leftovers(root, [layout])).toEqual(['_lock.1']);
  });
});
