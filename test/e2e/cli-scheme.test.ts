import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { signet } from '../support/cli.ts';
import { startDockerRegistry, type TestRegistry } from '../support/docker-registry.ts';
import { startEmbeddedRegistry } from '../support/embedded-registry.ts';
import { itWithPeers } from '../support/peers.ts';
import { tempDir } from '../support/temp.ts';
import { makeKey } from './cli-world.ts';

const left: TestRegistry[] = [];
afterEach(async () => {
  for (const registry of left.splice(0)) await registry.stop();
});

async function kept(starting: Promise<TestRegistry>): Promise<TestRegistry> {
  const started = await starting;
  left.push(started);
  return started;
}

const leaveOut =
  'hint: for a registry with TLS leave --plain-http out; on this machine also name its CA: --ca-file FILE\n';
const add = 'hint: for a registry without TLS: --plain-http\n';

async function expectBothHints(plain: TestRegistry, tls: TestRegistry): Promise<void> {
  const spoken = await signet(['tree', `${tls.host}/app:1`, '--plain-http']);
  expect(spoken).toMatchObject({
    code: 3,
    stderr: expect.stringMatching(/^error\[UNREACHABLE\]: .*seems to want TLS/),
  });
  expect(spoken.stderr).toContain(leaveOut);
  const wrapped = await signet(['tree', `${plain.host}/app:1`, '--ca-file', tls.caFile ?? '']);
  expect(wrapped).toMatchObject({
    code: 3,
    stderr: expect.stringMatching(/^error\[UNREACHABLE\]: .*speaks plain HTTP/),
  });
  expect(wrapped.stderr).toContain(add);
  // What the hints say is what helps.
  for (const args of [
    [`${tls.host}/app:1`, '--ca-file', tls.caFile ?? ''],
    [`${plain.host}/app:1`, '--ca-file', tls.caFile ?? '', '--plain-http'],
  ])
    expect((await signet(['tree', ...args])).stderr).toContain('error[NOT_FOUND]');
}

describe('TLS and plain HTTP mixed up is told with the way out', () => {
  it('on the embedded registry', async () => {
    await expectBothHints(await kept(startEmbeddedRegistry()), await kept(startEmbeddedRegistry({ tls: true })));
  });

  itWithPeers(['docker-registry'], 'on docker-registry', async () => {
    await expectBothHints(await kept(startDockerRegistry()), await kept(startDockerRegistry({ tls: true })));
  });

  it('in what verify and doctor say too', async () => {
    const { host } = await kept(startEmbeddedRegistry({ tls: true }));
    const { pub } = await makeKey(join(tempDir(), 'k'));
    for (const args of [['verify', '--key', pub], ['doctor']]) {
      const done = await signet([...args, `${host}/app:1`]);
      expect(done).toMatchObject({ code: 3, stdout: expect.stringContaining('seems to want TLS') });
    }
  });
});
