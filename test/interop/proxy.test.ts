import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { type CliWorld, createCliWorld, makeKey, signReference } from '../e2e/cli-world.ts';
import { startSignet } from '../support/cli.ts';
import { itWithPeers, peer, run } from '../support/peers.ts';
import type { RunResult, StartedProcess } from '../support/process.ts';
import { tempDir } from '../support/temp.ts';

describe('clients that pull through signet proxy serve', () => {
  let world: CliWorld;
  let proxy: StartedProcess;
  /** `127.0.0.1:PORT` */
  let at: string;

  beforeAll(async () => {
    world = await createCliWorld();
    const other = await makeKey(join(world.dir, 'other'));
    await signReference(await world.push('app:1'), world.key);
    await signReference(await world.push('foreign:1'), other.key);
    await world.push('plain:1');
    const policy = join(world.dir, 'policy.yaml');
    writeFileSync(
      policy,
      `version: 1\ntrust:\n  team: { keys: [k.pub] }\nrules:\n  - images: ["${world.host}/**"]\n    require: { any: [team] }\n`,
    );
    const args = ['proxy', 'serve', '--port', '0', '--policy', policy, '--upstream', `http://${world.host}`];
    proxy = await startSignet(args, { ready: /signet proxy serves http:\/\/(\S+)/ });
    at = proxy.match[1] ?? '';
  });

  afterAll(async () => {
    await proxy?.stop();
    await world?.server.stop();
  });

  itWithPeers(['crane'], 'crane pulls what is signed, and nothing else', async () => {
    const pull = (image: string): Promise<RunResult> =>
      run(peer('crane') ?? '', ['pull', `${at}/${image}`, join(tempDir(), 'image.tar')]);
    expect(await pull('app:1')).toMatchObject({ code: 0 });
    expect((await pull('plain:1')).stderr).toContain('denied (NO_SIGNATURE)');
    expect((await pull('foreign:1')).stderr).toContain('denied (NOT_TRUSTED)');
    expect((await pull('nothing:1')).stderr).toContain('MANIFEST_UNKNOWN');
  });
});
