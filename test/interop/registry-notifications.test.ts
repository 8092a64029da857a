import { createHmac } from 'node:crypto';
import { copyFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { openLayout } from '@signet/oci';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { buildImage } from '../../packages/cli/src/demo/image.ts';
import { makeKey, ok } from '../e2e/cli-world.ts';
import { startSignet } from '../support/cli.ts';
import { startDockerRegistry, type TestRegistry } from '../support/docker-registry.ts';
import type { StartedProcess } from '../support/process.ts';
import { tempDir } from '../support/temp.ts';

const webhookSecret = 'a-shared-secret-of-the-registry';
const notifySecret = 'a-secret-for-outgoing-messages';
const dir = tempDir();
let receiver: Server;
let server: StartedProcess;
let registry: TestRegistry;
let key: string;
/** The messages that the receiver got, each with a good signature. */
const messages: { readonly image: string; readonly verdict: string; readonly allowed: boolean }[] = [];

beforeAll(async () => {
  receiver = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    const body = Buffer.concat(chunks).toString();
    const mac = createHmac('sha256', notifySecret).update(`${request.headers['x-signet-timestamp']}.${body}`);
    if (request.headers['x-signet-signature'] === `sha256=${mac.digest('hex')}`) messages.push(JSON.parse(body));
    response.writeHead(204).end();
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const { port } = receiver.address() as AddressInfo;
  const pair = await makeKey(join(dir, 'k'));
  key = pair.key;
  copyFileSync(pair.pub, join(dir, 'trusted.pub'));
  writeFileSync(join(dir, 'webhook'), `${webhookSecret}\n`);
  writeFileSync(join(dir, 'notify'), `${notifySecret}\n`);
  writePolicy('unknown.example');
  const notify = ['--notify-url', `http://127.0.0.1:${port}/`, '--notify-secret-file', join(dir, 'notify')];
  server = await startSignet(
    ['serve', '--policy', join(dir, 'policy.yaml'), '--reload', '100ms', '--port', '0', ...notify].concat([
      '--webhook-secret-file',
      join(dir, 'webhook'),
    ]),
    { ready: /signet serves (https?:\/\/\S+)/ },
  );
  const url = `${server.match[1]}/webhooks/distribution`;
  registry = await startDockerRegistry({ notify: { url, authorization: `Bearer ${webhookSecret}` } });
  const before = await policyInUse();
  writePolicy(registry.host);
  await vi.waitFor(async () => expect(await policyInUse()).not.toBe(before), { timeout: 10_000 });
});

afterAll(async () => {
  await server.stop();
  await registry.stop();
  receiver.close();
});

function writePolicy(host: string): void {
  const rule = `{ name: prod, images: ["${host}/**"], require: release }`;
  const trust = 'trust: { release: { keys: [trusted.pub] } }';
  writeFileSync(join(dir, 'policy.yaml'), `version: 1\n${trust}\nrules:\n  - ${rule}\n`);
}

async function policyInUse(): Promise<unknown> {
  const response = await fetch(`${server.match[1]}/readyz`);
  return ((await response.json()) as { readonly policy: unknown }).policy;
}

it('a real CNCF Distribution tells of a push and of the signature after it: each time the image is verified, and a message says so', async () => {
  const layout = join(dir, 'images');
  await buildImage(await openLayout(layout, { create: true }), '1.0', 'hello');
  await ok(['copy', `oci:${layout}:1.0`, `${registry.host}/app:1.0`]);
  const image = `${registry.host}/app:1.0`;
  await vi.waitFor(() => expect(messages).toMatchObject([{ image, verdict: 'denied', allowed: false }]), {
    timeout: 10_000,
  });
  await ok(['sign', image, '--key', key]);
  const digestOnly = expect.stringMatching(new RegExp(`^${registry.host}/app@sha256:[0-9a-f]{64}$`));
  await vi.waitFor(
    () => expect(messages.at(-1)).toMatchObject({ image: digestOnly, verdict: 'verified', allowed: true }),
    { timeout: 10_000 },
  );
  const metrics = await (await fetch(`${server.match[1]}/metrics`)).text();
  expect(metrics).toMatch(/signet_push_verifications_total\{verdict="verified",code="VERIFIED"\} \d/);
  expect(metrics).toContain('signet_notifications_total{result="delivered"}');
});
