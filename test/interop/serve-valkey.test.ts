import { randomBytes } from 'node:crypto';
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, vi } from 'vitest';
import { buildImage } from '../../packages/cli/src/demo/image.ts';
import { openLayout } from '../../packages/oci/src/index.ts';
import { admissionReview, pod } from '../admission/requests.ts';
import { makeKey, ok } from '../e2e/cli-world.ts';
import { signet, startSignet } from '../support/cli.ts';
import { type CountingProxy, startCountingProxy } from '../support/counting-proxy.ts';
import type { TestRegistry } from '../support/docker-registry.ts';
import { startEmbeddedRegistry } from '../support/embedded-registry.ts';
import { havePeers, itWithPeers } from '../support/peers.ts';
import type { StartedProcess } from '../support/process.ts';
import { tempDir } from '../support/temp.ts';
import { startValkey, type ValkeyServer } from '../support/valkey.ts';

let registry: TestRegistry;
let proxy: CountingProxy;
let dir: string;
let digest: string;
let servers: Served[] = [];
let valkey: ValkeyServer | undefined;

beforeAll(async () => {
  if (!havePeers(['valkey-server'])) return;
  registry = await startEmbeddedRegistry();
  proxy = await startCountingProxy(registry.host);
  dir = tempDir();
  await buildImage(await openLayout(join(dir, 'image'), { create: true }), '1.0', 'hello');
  const keys = await makeKey(join(dir, 'k'));
  await ok(['copy', `oci:${join(dir, 'image')}:1.0`, `${registry.host}/app:1.0`]);
  await ok(['sign', `${registry.host}/app:1.0`, '--key', keys.key]);
  const { stdout } = await signet(['verify', `${registry.host}/app:1.0`, '--key', keys.pub, '--output', 'json']);
  digest = JSON.parse(stdout).digest;
  copyFileSync(keys.pub, join(dir, 'key.pub'));
  const rule = `{ name: all, images: ["${proxy.host}/**"], require: release }`;
  writeFileSync(join(dir, 'policy.yaml'), `version: 1\ntrust: { release: { keys: [key.pub] } }\nrules:\n  - ${rule}\n`);
  writeFileSync(join(dir, 'secret'), `${randomBytes(32).toString('hex')}\n`);
});

afterEach(async () => {
  await Promise.all(servers.map((server) => server.stop('SIGTERM')));
  servers = [];
  await valkey?.stop();
  valkey = undefined;
});

afterAll(async () => {
  await proxy?.stop();
  await registry?.stop();
});

interface Served extends StartedProcess {
  readonly url: string;
}

async function serve(...args: readonly string[]): Promise<Served> {
  const sharing = ['--valkey', valkey?.url ?? '', '--valkey-secret-file', join(dir, 'secret')];
  const started = await startSignet(
    ['serve', '--port', '0', '--policy', join(dir, 'policy.yaml'), ...sharing, ...args],
    { ready: /signet serves (\S+)/ },
  );
  const server = { ...started, url: started.match[1] ?? '' };
  servers.push(server);
  return server;
}

async function isAllowed({ url }: Served, image: string): Promise<boolean> {
  const answer = await fetch(`${url}/validate?timeout=5s`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(admissionReview(pod(image))),
  });
  return ((await answer.json()) as { readonly response: { readonly allowed: boolean } }).response.allowed;
}

/** `hit=1 miss=2`: what came of looking for shared answers, or of keeping them for others. */
async function counted({ url }: Served, wanted: 'look' | 'keep'): Promise<string> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const counts = text.matchAll(/^signet_shared_answers_total\{operation="(\w+)",result="([\w-]+)"\} (\d+)/gm);
  return [...counts].flatMap(([, operation, ...of]) => (operation === wanted ? [of.join('=')] : [])).join(' ');
}

const looked = (server: Served): Promise<string> => counted(server, 'look');
/** Nobody waits until an answer lies where others find it. */
const untilKept = (server: Served): Promise<void> =>
  vi.waitFor(async () => expect(await counted(server, 'keep')).toBe('done=1'));

/** What a test waits for comes, however busy the machine is. */
const patient = ['--valkey-timeout', '20s'];
const signed = (): string => `${proxy.host}/app@${digest}`;

describe('signet serve --valkey', () => {
  itWithPeers(['valkey-server'], 'two servers ask the registry as often as one', async () => {
    valkey = await startValkey();
    const [first, other] = [await serve(...patient), await serve(...patient)];
    proxy.reset();
    expect(await isAllowed(first, signed())).toBe(true);
    const alone = proxy.requests().length;
    expect(alone).toBeGreaterThan(0);
    await untilKept(first);
    expect(await isAllowed(other, signed())).toBe(true);
    expect(await looked(other)).toBe('hit=1');
    expect(proxy.requests()).toHaveLength(alone);
    expect(await looked(first)).toBe('miss=1');
  });

  itWithPeers(['valkey-server'], 'a server with another secret takes nothing of it', async () => {
    valkey = await startValkey();
    const first = await serve(...patient);
    expect(await isAllowed(first, signed())).toBe(true);
    await untilKept(first);
    const file = join(dir, 'other-secret');
    writeFileSync(file, 'f'.repeat(64));
    const other = await serve('--valkey-secret-file', file, ...patient);
    expect(await isAllowed(other, signed())).toBe(true);
    expect(await looked(other)).toBe('miss=1');
  });

  itWithPeers(
    ['valkey-server'],
    'Valkey is killed, comes back and hangs under load: every answer is right, and comes',
    async () => {
      valkey = await startValkey();
      // Nothing is kept for long, so that each question goes to Valkey or the registry.
      const server = await serve('--fresh', '1ms', '--stale', '1ms', '--denied', '1ms', '--tags', '1ms');
      const unsigned = `${proxy.host}/app@sha256:${'0'.repeat(64)}`;
      let isOver = false;
      let answered = 0;
      const ask = async (): Promise<void> => {
        while (!isOver) {
          expect(await Promise.all([isAllowed(server, signed()), isAllowed(server, unsigned)])).toEqual([true, false]);
          answered += 1;
        }
      };
      const asking = Promise.all([ask(), ask(), ask(), ask()]);
      const more = async (): Promise<void> => {
        const before = answered;
        await vi.waitFor(() => expect(answered).toBeGreaterThan(before + 20), 20_000);
      };
      await more();
      await valkey.kill();
      await more();
      await valkey.restart();
      await more();
      valkey.pause();
      await more();
      valkey.resume();
      await more();
      isOver = true;
      await asking;
      expect(await looked(server)).toMatch(/failed=/);
      expect(server.output()).toContain('Valkey does not answer in time, and is left alone for a while');
    },
  );

  itWithPeers(['valkey-server'], 'a server starts without it, and says so', async () => {
    valkey = await startValkey();
    await valkey.kill();
    const server = await serve();
    expect(await isAllowed(server, signed())).toBe(true);
    expect(server.output()).toContain('the connection to Valkey failed');
  });
});
