import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRegistryClient } from '@signet/oci';
import { convertPolicy } from '@signet/policy-import';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signet } from '../support/cli.ts';
import { startDockerRegistry, type TestRegistry } from '../support/docker-registry.ts';
import { havePeers, needPeer, type RunResult, run, runOk } from '../support/peers.ts';
import { tempDir } from '../support/temp.ts';
import { pushRunnable } from './policy-world.ts';

/** Whose certificate signed an image: one of the trust store, or another. */
type SignedBy = 'trusted' | 'other' | 'nobody';

const levels = ['strict', 'permissive', 'audit', 'custom'] as const;
const open = ['open/a', 'open/b', 'open/c/deep', 'open/d', 'open/e', 'open/f', 'open/g'];

/** Images by repository, each with tags of the three kinds; those of open repositories have two. */
const images: readonly (readonly [name: string, by: SignedBy])[] = [
  ...open.flatMap((name) => [[`${name}:1`, 'nobody'] as const, [`${name}:2`, 'other'] as const]),
  ...levels.flatMap((level) => [
    [`${level}/app:1`, 'nobody'] as const,
    [`${level}/app:2`, 'other'] as const,
    [`${level}/app:3`, 'trusted'] as const,
  ]),
  ['open/a/below:1', 'nobody'],
  ['open/ab:1', 'nobody'],
  ['open:1', 'nobody'],
  ['elsewhere/app:1', 'nobody'],
  ['elsewhere/app:2', 'other'],
];

let folder = '';
let registry: TestRegistry;
const digests = new Map<string, string>();

const env = (): Record<string, string> => ({ HOME: folder, XDG_CONFIG_HOME: folder, DOCKER_CONFIG: folder });
const notation = (args: readonly string[]): Promise<RunResult> =>
  run(needPeer('notation'), args, { env: env(), cwd: folder });

beforeAll(async () => {
  if (!havePeers(['notation', 'docker-registry'])) return;
  folder = tempDir();
  registry = await startDockerRegistry();
  for (const name of ['trusted', 'other'])
    await runOk(needPeer('notation'), ['cert', 'generate-test', name], { env: env(), cwd: folder });
  const client = createRegistryClient();
  for (const [name, by] of images) {
    digests.set(name, await pushRunnable(client, registry.host, name));
    const reference = `${registry.host}/${name.split(':')[0]}@${digests.get(name)}`;
    if (by !== 'nobody')
      await runOk(needPeer('notation'), ['sign', '--key', by, '--insecure-registry', reference], {
        env: env(),
        cwd: folder,
      });
  }
  await client.close();
}, 300_000);
afterAll(() => registry?.stop());

function statements(host: string): readonly object[] {
  const trust = { trustStores: ['ca:trusted'], trustedIdentities: ['*'] };
  const custom = { level: 'strict', override: { authenticity: 'log', expiry: 'log', revocation: 'skip' } };
  return [
    { name: 'open', registryScopes: open.map((name) => `${host}/${name}`), signatureVerification: { level: 'skip' } },
    ...levels.map((level) => ({
      name: level,
      registryScopes: [`${host}/${level}/app`],
      signatureVerification: level === 'custom' ? custom : { level },
      ...trust,
    })),
  ];
}

const everywhere = {
  name: 'everywhere',
  registryScopes: ['*'],
  signatureVerification: { level: 'strict' },
  trustStores: ['ca:trusted'],
  trustedIdentities: ['*'],
};

describe.skipIf(!havePeers(['notation', 'docker-registry']))(
  'a converted trustpolicy.json answers as the real notation does',
  () => {
    it.each([
      ['with exact scopes alone', false],
      ['with a statement for all others', true],
    ])(
      '%s',
      async (_, withGlobal) => {
        const trustPolicies = [...statements(registry.host), ...(withGlobal ? [everywhere] : [])];
        const text = JSON.stringify({ version: '1.0', trustPolicies });
        const file = join(folder, 'my-policy.json');
        writeFileSync(file, text);
        expect(await notation(['policy', 'import', '--force', file])).toMatchObject({ code: 0 });
        const { policy, losses } = convertPolicy('notation', [{ file, text }]);
        expect(losses).toEqual([]);
        const converted = join(folder, 'notation/policy.yaml');
        writeFileSync(converted, policy);
        const asked = images.flatMap(([name]) => [
          `${registry.host}/${name}`,
          `${registry.host}/${name.split(':')[0]}@${digests.get(name)}`,
        ]);

        const done = await signet(['verify', '--policy', converted, '-o', 'json', ...asked]);
        const reports = done.stdout
          .trim()
          .split('\n')
          .map((line): { reference: string; allowed: boolean } => JSON.parse(line));
        const ours = Object.fromEntries(reports.map(({ reference, allowed }) => [reference, allowed]));
        const expected: Record<string, boolean> = {};
        let admitted = 0;
        for (const reference of asked) {
          expected[reference] = (await notation(['verify', '--insecure-registry', reference])).code === 0;
          if (expected[reference]) admitted += 1;
        }
        expect(ours).toEqual(expected);
        expect(asked.length).toBeGreaterThanOrEqual(40);
        expect(admitted * 3).toBeGreaterThanOrEqual(asked.length);
      },
      300_000,
    );

    it('what notation refuses to import or to verify with is refused here', async () => {
      const [first = {}] = statements(registry.host);
      const bad = [
        { version: '2.0', trustPolicies: [first] },
        { version: '1.0', trustPolicies: [first, { ...first, name: 'again' }] },
        { version: '1.0', trustPolicies: [{ ...first, registryScopes: ['*', `${registry.host}/x`] }] },
        { version: '1.0', trustPolicies: [{ ...first, trustStores: ['ca:trusted'], trustedIdentities: ['*'] }] },
        { version: '1.0', trustPolicies: [{ ...first, signatureVerification: { level: 'lax' } }] },
        { version: '1.0', trustPolicies: [{ ...everywhere, trustStores: ['pgp:a'] }] },
        { version: '1.0', trustPolicies: [{ ...everywhere, trustedIdentities: ['x509.subject: O=a'] }] },
      ];
      for (const [at, policy] of bad.entries()) {
        const text = JSON.stringify(policy);
        const file = join(folder, `bad-${at}.json`);
        writeFileSync(file, text);
        expect((await notation(['policy', 'import', '--force', file])).code, text).not.toBe(0);
        expect(() => convertPolicy('notation', [{ file, text }]), text).toThrow();
      }
    });
  },
);
