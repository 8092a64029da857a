import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRegistryClient } from '@signet/oci';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { signet } from '../support/cli.ts';
import { startDockerRegistry, type TestRegistry } from '../support/docker-registry.ts';
import { createNotationUser, type NotationUser } from '../support/notation.ts';
import { havePeers, itWithPeers } from '../support/peers.ts';
import { pushRunnable } from './policy-world.ts';

const peers = ['notation', 'docker-registry'] as const;

let registry: TestRegistry;
let user: NotationUser;
beforeAll(async () => {
  if (havePeers(peers)) registry = await startDockerRegistry();
});
afterAll(() => registry?.stop());

const notationVerifies = async (image: string): Promise<boolean> =>
  (await user.run('verify', '--insecure-registry', image)).code === 0;
const signetVerifies = async (image: string): Promise<number> =>
  (await signet(['verify', '--policy', 'notation', image], { env: user.env })).code;

/** Every file below notation's folder, with its content. */
function snapshot(): readonly string[] {
  const folder = join(user.configHome, 'notation');
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted()
    .map((path) => `${path} ${readFileSync(path, 'base64')}`);
}

/** A policy that trusts these stores, brought in by notation itself. */
async function importPolicy(...trustStores: readonly string[]): Promise<void> {
  const statement = {
    name: 'all',
    registryScopes: ['*'],
    signatureVerification: { level: 'strict' },
    trustStores,
    trustedIdentities: ['*'],
  };
  const file = join(user.configHome, 'my-policy.json');
  writeFileSync(file, JSON.stringify({ version: '1.0', trustPolicies: [statement] }));
  await user.runOk('policy', 'import', '--force', file);
}

describe('a folder that notation made', () => {
  itWithPeers(
    peers,
    'serves to sign and to verify as it is, in both directions, and is not changed',
    async () => {
      user = await createNotationUser([]);
      await user.runOk('cert', 'generate-test', 'wabbit-networks.io');
      await user.runOk('cert', 'generate-test', 'other.io');
      await importPolicy('ca:wabbit-networks.io');
      const client = createRegistryClient();
      const [ours, theirs, others] = [
        `${registry.host}/ours:1`,
        `${registry.host}/theirs:1`,
        `${registry.host}/others:1`,
      ];
      for (const image of [ours, theirs, others])
        await pushRunnable(client, registry.host, image.slice(registry.host.length + 1));
      await client.close();
      const before = snapshot();

      for (const [image, key] of [
        [ours, 'wabbit-networks.io'],
        [others, 'other.io'],
      ] as const) {
        const done = await signet(['sign', '--format', 'notary', '--key-name', key, image], { env: user.env });
        expect(done).toMatchObject({ code: 0, stderr: '' });
      }
      expect([await signetVerifies(ours), await signetVerifies(others)]).toEqual([0, 1]);
      expect(snapshot()).toEqual(before);
      expect([await notationVerifies(ours), await notationVerifies(others)]).toEqual([true, false]);

      await user.runOk('sign', '--insecure-registry', '--key', 'wabbit-networks.io', theirs);
      expect([await signetVerifies(theirs), await notationVerifies(theirs)]).toEqual([0, true]);

      const certificate = join(user.configHome, 'notation/localkeys/other.io.crt');
      await user.runOk('cert', 'add', '--type', 'ca', '--store', 'more', certificate);
      await importPolicy('ca:wabbit-networks.io', 'ca:more');
      expect([await signetVerifies(others), await notationVerifies(others)]).toEqual([0, true]);
      await importPolicy('ca:more');
      expect([await signetVerifies(ours), await notationVerifies(ours)]).toEqual([1, false]);

      // Paths of the command line are taken from where it is, with and without a store that is named.
      const options = { env: user.env, cwd: user.configHome };
      const policy = ['--policy', 'notation/trustpolicy.json'];
      for (const stores of [[], ['--trust-store', 'notation/truststore']]) {
        expect((await signet(['verify', ...policy, ...stores, others], options)).code).toBe(0);
        expect((await signet(['verify', ...policy, ...stores, ours], options)).code).toBe(1);
      }
    },
    120_000,
  );
});
