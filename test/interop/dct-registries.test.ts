import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeKey, ok } from '../e2e/cli-world.ts';
import { signet } from '../support/cli.ts';
import { startCraneRegistry } from '../support/crane-registry.ts';
import { startDockerRegistry, type TestRegistry } from '../support/docker-registry.ts';
import { startEmbeddedRegistry } from '../support/embedded-registry.ts';
import { describeWithEngines } from '../support/engine-host.ts';
import { createDctWorld, type DctWorld } from './dct-world.ts';

const registries: readonly (readonly [title: string, start: () => Promise<TestRegistry>])[] = [
  ['docker-registry', () => startDockerRegistry()],
  ['the embedded registry', () => startEmbeddedRegistry()],
  ["crane's registry", () => startCraneRegistry()],
];

describeWithEngines('what two delegated signers signed with the real docker', () => {
  describe.each(registries)('on %s', (_, startRegistry) => {
    let world: DctWorld;
    let asked: readonly string[];
    let importing: readonly string[];

    beforeAll(async () => {
      world = await createDctWorld({ startRegistry });
      const { repository, shell, makeImage, dir } = world;
      for (const tag of ['1.0', '2.0']) await makeImage(tag, tag);
      await shell('docker trust key generate alice && docker trust key generate bob');
      for (const name of ['alice', 'bob'])
        await shell(`docker trust signer add --key ${name}.pub ${name} ${repository}`);
      await shell(`docker trust sign ${repository}:1.0`);
      // Bob's key is not there any more.
      await shell('mv $(grep -l "role: bob" client/trust/private/*.key) bob.key');
      await shell(`docker trust sign ${repository}:2.0`);
      for (const name of ['alice', 'bob', 'publisher']) await makeKey(join(dir, `new-${name}`));
      writeFileSync(join(dir, 'ca.pem'), world.ca);
      const trust = Object.fromEntries(
        ['alice', 'bob', 'publisher'].map((name) => [name, { keys: [`new-${name}.pub`] }]),
      );
      const catalogues = { team: { collections: repository, signedBy: 'publisher' } };
      const rule = { images: [repository], require: { any: ['alice', 'bob'] }, tag: 'trusted', catalogue: 'team' };
      writeFileSync(join(dir, 'policy.json'), JSON.stringify({ version: 1, trust, catalogues, rules: [rule] }));
      asked = ['--policy', join(dir, 'policy.json'), '--plain-http', '--state', join(dir, 'state')];
      const publishing = [...asked, '--catalogue-key', join(dir, 'new-publisher.key')];
      const server = ['--server', world.notaryUrl, '--ca-file', join(dir, 'ca.pem')];
      importing = ['tags', 'import-dct', ...server, '--publish', ...publishing];
      await ok(['tags', 'init', ...publishing, repository]);
    }, 120_000);
    afterAll(() => world?.stop());

    it('is brought over by each of them with his own new key, and verifies', async () => {
      const { repository, dir } = world;
      const by = (role: string, key = role) => [
        ...importing,
        ...['--role', role, '--key', join(dir, `new-${key}.key`), repository],
      ];
      const ofBob = await ok(by('bob'));
      expect(ofBob.stdout).toContain(`${repository}:1.0`);
      expect(ofBob.stdout).not.toContain(`${repository}:2.0`);
      await ok(['verify', ...asked, `${repository}:1.0`]);
      const notYet = await signet(['verify', ...asked, '-o', 'json', `${repository}:2.0`]);
      expect([notYet.code, JSON.parse(notYet.stdout).code]).toEqual([1, 'TAG_NOT_SIGNED']);
      expect(await signet(by('carol', 'alice'))).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('--role carol: there is no such role here'),
      });
      await ok(by('alice'));
      for (const tag of ['1.0', '2.0']) {
        const [digest] = /sha256:[0-9a-f]{64}/.exec(await world.shell(`docker pull ${repository}:${tag}`, true)) ?? [];
        expect((await ok(['resolve', ...asked, `${repository}:${tag}`])).stdout.trim()).toBe(`${repository}@${digest}`);
        await ok(['verify', ...asked, `${repository}:${tag}`]);
      }
    }, 60_000);
  });
});
