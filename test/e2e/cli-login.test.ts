import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { buildImage } from '../../packages/cli/src/demo/image.ts';
import { openLayout } from '../../packages/oci/src/index.ts';
import { signet } from '../support/cli.ts';
import { startDockerRegistry, type TestRegistry } from '../support/docker-registry.ts';
import { havePeers, itWithPeers } from '../support/peers.ts';
import { tempDir } from '../support/temp.ts';
import { createTestCa } from '../support/tls.ts';
import { makeKey, ok } from './cli-world.ts';

let registry: TestRegistry | undefined;
let layoutDir: string;
beforeAll(async () => {
  layoutDir = join(tempDir(), 'images');
  await buildImage(await openLayout(layoutDir, { create: true }), '1.0', 'hello');
  if (havePeers(['docker-registry'])) registry = await startDockerRegistry({ tls: true, htpasswd: true });
});
afterAll(() => registry?.stop());

/** The registry, the flags that trust it, and a configuration folder of the test's own. */
function setting(): {
  readonly at: TestRegistry;
  readonly tls: readonly string[];
  readonly env: Record<string, string>;
  readonly config: string;
} {
  if (registry === undefined) return expect.unreachable('the registry runs');
  const dir = tempDir();
  return {
    at: registry,
    tls: ['--ca-file', registry.caFile ?? ''],
    env: { DOCKER_CONFIG: dir },
    config: join(dir, 'config.json'),
  };
}

describe('login and logout', () => {
  itWithPeers(['docker-registry'], 'let push, sign and verify through, and take it away again', async () => {
    const { at, tls, env, config } = setting();
    const image = `${at.host}/app:1.0`;
    const push = ['copy', `oci:${layoutDir}:1.0`, image, ...tls];
    expect(await signet(push, { env })).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/error\[UNAUTHORIZED\].*\nhint: .*signet login/),
    });
    const login = ['login', at.host, '--username', at.username ?? '', '--password-stdin', ...tls];
    expect(await signet(login, { env, input: `${at.password}\n` })).toMatchObject({ code: 0, stderr: '' });
    expect(statSync(config).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(config, 'utf8')).auths).toHaveProperty([at.host]);
    const { key, pub } = await makeKey(join(tempDir(), 'k'));
    await ok(push, { env });
    await ok(['sign', image, '--key', key, ...tls], { env });
    await ok(['verify', image, '--key', pub, '--tag-bound', ...tls], { env });
    await ok(['logout', at.host], { env });
    expect(JSON.parse(readFileSync(config, 'utf8')).auths ?? {}).not.toHaveProperty([at.host]);
    expect((await signet(['verify', image, '--key', pub, ...tls], { env })).code).toBe(3);
  });

  itWithPeers(['docker-registry'], 'keep no password that the registry refuses', async () => {
    const { at, tls, env, config } = setting();
    const login = ['login', at.host, '--username', at.username ?? '', '--password-stdin', ...tls];
    const done = await signet([...login, '--verbose'], { env, input: 'wrong-password-7\n' });
    expect(done).toMatchObject({ code: 1, stderr: expect.stringContaining('error[LOGIN_REFUSED]') });
    expect(done.stderr + done.stdout).not.toContain('wrong-password-7');
    expect(existsSync(config)).toBe(false);
  });

  itWithPeers(['docker-registry'], 'refuse a registry whose certificate nobody vouches for', async () => {
    const { at, env } = setting();
    const login = ['login', at.host, '--username', 'a', '--password-stdin'];
    const key = new URL('../../keys.example/p256.pub', import.meta.url).pathname;
    const noCertificate = await signet([...login, '--ca-file', key], { env, input: 'x' });
    expect(noCertificate).toMatchObject({ code: 2, stderr: expect.stringContaining('holds no PEM certificate') });
    const stranger = await createTestCa();
    const https = signet([...login, '--ca-file', stranger.caFile], { env, input: 'x' });
    expect(await https.finally(() => stranger.remove())).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('error[UNREACHABLE]'),
    });
    const anyway = await signet([...login, '--insecure-skip-tls-verify'], { env, input: `${at.password}` });
    expect(anyway.stderr).toContain('WARNING');
  });

  itWithPeers(['docker-registry'], 'need user and password', async () => {
    const { at, tls, env } = setting();
    expect((await signet(['login', at.host, '--password-stdin', ...tls], { env, input: 'x' })).code).toBe(2);
    expect((await signet(['login', at.host, '--username', 'a', ...tls], { env })).code).toBe(2);
  });
});
