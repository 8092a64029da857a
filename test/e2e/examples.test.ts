import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createRegistryClient, digestOf, MEDIA_TYPE_EMPTY, MEDIA_TYPE_MANIFEST } from '@signet/oci';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signet } from '../support/cli.ts';
import type { TestRegistry } from '../support/docker-registry.ts';
import { startEmbeddedRegistry } from '../support/embedded-registry.ts';
import { run } from '../support/process.ts';
import { tempDir } from '../support/temp.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
let registry: TestRegistry;
let dir: string;

beforeAll(async () => {
  dir = tempDir();
  registry = await startEmbeddedRegistry();
  for (const name of ['release', 'other']) {
    const args = ['key', 'generate', '--type', 'p256', '--out', join(dir, name)];
    expect(await signet(args, { env: { SIGNET_PASSWORD: 'a password' } })).toMatchObject({ code: 0 });
  }
});
afterAll(() => registry.stop());

/** From source: so the examples are held to the packages as they are, built or not. */
function example(name: string, ...args: readonly string[]) {
  const file = join(root, 'examples', `${name}.ts`);
  const env = { KEY_PASSWORD: 'a password', DOCKER_CONFIG: dir, HOME: dir };
  return run(process.execPath, ['-C', '@signet/source', file, ...args], { env, cwd: dir });
}

async function push(repository: string, text: string): Promise<string> {
  const client = createRegistryClient();
  const store = client.repository({ registry: registry.host, repository });
  const put = async (bytes: Buffer, mediaType: string) => {
    const descriptor = { mediaType, digest: digestOf(bytes), size: bytes.length };
    await store.push(bytes, descriptor);
    return descriptor;
  };
  const config = await put(Buffer.from('{}'), MEDIA_TYPE_EMPTY);
  const layers = [await put(Buffer.from(text), 'text/plain')];
  const manifest = { schemaVersion: 2, mediaType: MEDIA_TYPE_MANIFEST, artifactType: 'text/plain', config, layers };
  const bytes = Buffer.from(JSON.stringify(manifest));
  const descriptor = { mediaType: MEDIA_TYPE_MANIFEST, digest: digestOf(bytes), size: bytes.length };
  await store.tag({ bytes, descriptor }, '1');
  await client.close();
  return descriptor.digest;
}

describe('examples', () => {
  it('sign after a push, verify before a deployment, promote with all signatures', async () => {
    const digest = await push('app', 'what is deployed');
    const [image, key] = [`${registry.host}/app:1`, join(dir, 'release.pub')];
    expect(await example('verify-before-deploy', image, key)).toMatchObject({ code: 1, stdout: '' });

    const signed = await example('sign-after-push', image, join(dir, 'release.key'));
    expect(signed).toMatchObject({ code: 0, stdout: `new ${digest} ${image}\n`, stderr: '' });
    expect((await example('sign-after-push', image, join(dir, 'release.key'))).stdout).toContain('already-there');

    expect(await example('verify-before-deploy', image, key)).toMatchObject({ code: 0, stdout: `deploy ${digest}\n` });
    const other = await example('verify-before-deploy', image, join(dir, 'other.pub'));
    expect(other).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(/^denied .*NOT_TRUSTED/) });

    const layout = `oci:${join(dir, 'air-gap')}:1`;
    expect(await example('promote', image, layout, join(dir, 'other.pub'))).toMatchObject({ code: 1 });
    const promoted = await example('promote', image, layout, key);
    expect(promoted).toMatchObject({ code: 0, stdout: expect.stringMatching(`^${digest}: .* 1 referrers with it`) });
    const again = await example('promote', layout, `${registry.host}/mirror:1`, key);
    expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining(digest) });
  });

  it('say what is undecided with 3', async () => {
    const answer = await example('verify-before-deploy', `${registry.host}/no-such-image:1`, join(dir, 'release.pub'));
    expect(answer).toMatchObject({ code: 3, stderr: expect.stringMatching(/^undecided .*UNRESOLVED/) });
  });
});
