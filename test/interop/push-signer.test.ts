import { copyFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openLayout } from '@signet/oci';
import { afterAll, beforeAll, describe, expect, vi } from 'vitest';
import { buildImage } from '../../packages/cli/src/demo/image.ts';
import { makeKey, ok } from '../e2e/cli-world.ts';
import { signet, startSignet } from '../support/cli.ts';
import { startDockerRegistry, type TestRegistry } from '../support/docker-registry.ts';
import { havePeers, itWithPeers } from '../support/peers.ts';
import type { StartedProcess } from '../support/process.ts';
import { tempDir } from '../support/temp.ts';
import { cosignVerify } from './sign-world.ts';

const secret = 'a-shared-secret-of-the-registry';
const dir = tempDir();
const messages: { readonly image: string; readonly result: string }[] = [];
let receiver: Server;
let server: StartedProcess;
let registry: TestRegistry;
let ci: { readonly key: string; readonly pub: string };
let own: { readonly key: string; readonly pub: string };

beforeAll(async () => {
  if (!havePeers(['docker-registry'])) return;
  receiver = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    messages.push(JSON.parse(Buffer.concat(chunks).toString()));
    response.writeHead(204).end();
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  [ci, own] = [await makeKey(join(dir, 'ci')), await makeKey(join(dir, 'own'))];
  copyFileSync(ci.pub, join(dir, 'trusted.pub'));
  copyFileSync(own.pub, join(dir, 'own.pub'));
  for (const name of ['webhook', 'notify']) writeFileSync(join(dir, name), `${secret}\n`);
  // The registry's port is not known before it starts, which it does with the address of the signer.
  writePolicy('127.0.0.1:*/**');
  const args = ['push-signer', '--policy', join(dir, 'policy.yaml'), '--key', own.key, '--port', '0'].concat(
    ['--reload', '100ms', '--repository', '127.0.0.1:*/team/**', '--webhook-secret-file', join(dir, 'webhook')],
    ['--notify-url', `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`],
    ['--notify-secret-file', join(dir, 'notify')],
  );
  server = await startSignet(args, { ready: /signet signs pushes told at (https?:\/\/\S+)/ });
  const url = `${server.match[1]}/webhooks/distribution`;
  registry = await startDockerRegistry({ notify: { url, authorization: `Bearer ${secret}` } });
  const before = await policyInUse();
  writePolicy(`${registry.host}/**`);
  await vi.waitFor(async () => expect(await policyInUse()).not.toBe(before), { timeout: 10_000 });
});

afterAll(async () => {
  await server?.stop();
  await registry?.stop();
  receiver?.close();
});

function writePolicy(images: string, source = 'ci'): void {
  const trust = 'trust: { ci: { keys: [trusted.pub] }, own: { keys: [own.pub] } }';
  const rule = `{ name: team, images: ["${images}"], require: ${source} }`;
  writeFileSync(join(dir, 'policy.yaml'), `version: 1\n${trust}\nrules:\n  - ${rule}\n`);
}

async function policyInUse(): Promise<unknown> {
  const response = await fetch(`${server.match[1]}/readyz`);
  return ((await response.json()) as { readonly policy: unknown }).policy;
}

async function pushImage(name: string): Promise<string> {
  const layout = join(dir, `images-${name.replaceAll('/', '-')}`);
  await buildImage(await openLayout(layout, { create: true }), '1.0', `hello ${name}`);
  const image = `${registry.host}/${name}:1.0`;
  await ok(['copy', `oci:${layout}:1.0`, image]);
  return image;
}

const figures = async (): Promise<string> => await (await fetch(`${server.match[1]}/metrics`)).text();
const isSignedBy = async (image: string, pub: string) => (await signet(['verify', image, '--key', pub])).code === 0;
/** What is attached to the image, as a text that two looks can be compared by. */
const treeOf = async (image: string): Promise<string> => (await signet(['tree', image, '--output', 'json'])).stdout;

describe('signet push-signer, told by a real CNCF Distribution', () => {
  itWithPeers(
    ['docker-registry', 'cosign'],
    'signs an image once it is verified, which the real cosign accepts, and is not led on by its own push',
    async () => {
      const image = await pushImage('team/app');
      // Two seconds after the push it is looked at, and not signed: nobody whom the policy trusts has.
      await sleep(3000);
      expect(await isSignedBy(image, own.pub)).toBe(false);
      await ok(['sign', image, '--key', ci.key]);
      await vi.waitFor(() => expect(messages).toMatchObject([{ image, result: 'signed' }]), { timeout: 20_000 });
      const verified = await cosignVerify(dir, { image, publicFile: own.pub }, ['--allow-http-registry']);
      expect(verified.code, verified.stderr).toBe(0);
      expect(await isSignedBy(image, ci.pub)).toBe(true);
      // The registry tells of what the signer pushed; that leads to nothing.
      const before = await treeOf(image);
      await sleep(5000);
      expect(await treeOf(image)).toBe(before);
      expect(before.match(/vnd\.dev\.sigstore\.bundle/g)?.length).toBeGreaterThanOrEqual(2);
      expect(messages).toHaveLength(1);
      expect(await figures()).toMatch(/signet_push_signatures_total\{result="signed"\} 1\n/);
      expect(await figures()).not.toMatch(/signet_push_signatures_total\{result="already-there"\}/);
    },
    60_000,
  );

  itWithPeers(
    ['docker-registry'],
    'looks at listed repositories alone, and at tellers who know the secret',
    async () => {
      const image = await pushImage('other/app');
      await ok(['sign', image, '--key', ci.key]);
      await sleep(3000);
      expect(await isSignedBy(image, own.pub)).toBe(false);
      const told = await fetch(`${server.match[1]}/webhooks/acr`, { method: 'POST', body: '{}' });
      expect(told.status).toBe(401);
      expect((await fetch(`${server.match[1]}/validate`, { method: 'POST' })).status).toBe(404);
    },
    30_000,
  );

  itWithPeers(['docker-registry'], 'keeps its policy when a new one counts its own signatures', async () => {
    const before = await policyInUse();
    writePolicy(`${registry.host}/**`, '{ any: [ci, own] }');
    await vi.waitFor(
      () =>
        expect(server.output()).toMatch(
          /counts signatures of the key that signs.*policy is broken: the one before is kept/,
        ),
      { timeout: 10_000 },
    );
    expect(await policyInUse()).toBe(before);
  });
});
