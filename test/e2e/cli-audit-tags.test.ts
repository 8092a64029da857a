import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRegistryClient } from '@signet/oci';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildAuditStage } from '../support/audit-stage.ts';
import { signet } from '../support/cli.ts';
import { type CountingProxy, startCountingProxy } from '../support/counting-proxy.ts';
import type { TestRegistry } from '../support/docker-registry.ts';
import { startEmbeddedRegistry } from '../support/embedded-registry.ts';
import { tempDir } from '../support/temp.ts';
import { jsonLines, makeKey, text } from './cli-world.ts';

const kinds = ['signed', 'unsigned', 'lost-blob'] as const;
const tags = ['latest', 'old', 'v0', 'v0.1', 'v0.1.2'];

let dir: string;
let registry: TestRegistry;
let proxy: CountingProxy;
beforeAll(async () => {
  dir = tempDir();
  registry = await startEmbeddedRegistry();
  const { key } = await makeKey(join(dir, 'a'));
  await buildAuditStage({
    ...{ host: registry.host, images: kinds.length, trusted: key, other: key },
    kindOf: (at) => kinds[at] ?? 'signed',
    nameOf: (at) => `shared/${kinds[at]}:v0`,
  });
  await tagAll();
  proxy = await startCountingProxy(registry.host);
});
afterAll(async () => {
  await proxy.stop();
  await registry.stop();
});

/** The image of each repository under all tags. */
async function tagAll(): Promise<void> {
  const client = createRegistryClient();
  for (const kind of kinds) {
    const store = client.repository({ registry: registry.host, repository: `shared/${kind}` });
    const image = await store.resolve('v0');
    for (const tag of tags) await store.tag(image, tag);
  }
  await client.close();
}

/** The codes of the tags, in their order. */
async function auditTags(kind: (typeof kinds)[number], rules: readonly string[], concurrency: number) {
  const [policy, jsonl] = [join(dir, 'policy.yaml'), join(dir, 'audit.jsonl')];
  const parts = [
    'version: 1',
    'trust: { release: { keys: [a.pub] } }',
    `rename: [{ from: "${proxy.host}", to: "${registry.host}" }]`,
    'rules:',
    ...rules.map((rule) => `  - ${rule}`),
  ];
  writeFileSync(policy, parts.join('\n'));
  proxy.reset();
  const scope = `${proxy.host}/shared/${kind}`;
  const args = ['--policy', policy, '--jsonl', jsonl, '--force', '--concurrency', String(concurrency)];
  expect(await signet(['audit', scope, ...args])).toMatchObject({ stderr: '' });
  const entries = jsonLines(text(jsonl)).filter((entry) => entry.kind === 'image');
  return tags.map((tag) => entries.find(({ reference }) => reference === `${scope}:${tag}`)?.code);
}

const requestsFor = (part: string) => proxy.requests().filter(({ path }) => path.includes(part)).length;

describe('tags that name one image', () => {
  it.each([1, 16])(
    'are judged each by its own, by evidence that is read once (%i side by side)',
    async (concurrency) => {
      const rules = [
        `{ images: ["${proxy.host}/**"], require: release, tag: bound }`,
        `{ images: ["${proxy.host}/**:old"], mode: skip }`,
        `{ images: ["${proxy.host}/**:latest"], require: release }`,
      ];
      const signed = await auditTags('signed', rules, concurrency);
      expect(signed).toEqual(['VERIFIED', 'NOT_CHECKED', 'VERIFIED', 'TAG_MISMATCH', 'TAG_MISMATCH']);
      expect(requestsFor('/referrers/')).toBeLessThanOrEqual(2); // again for the first that wants more than made another verified
      const read = proxy.requests().filter(({ path }) => /\/(?:manifests|blobs)\//.test(path));
      expect(read.map(({ path }) => path)).toEqual([...new Set(read.map(({ path }) => path))]);
    },
  );

  it('also where it is not signed, or cannot be read', async () => {
    const rules = [`{ images: ["${proxy.host}/**"], require: release }`];
    expect(await auditTags('unsigned', rules, 16)).toEqual(tags.map(() => 'NO_SIGNATURE'));
    expect(requestsFor('/referrers/')).toBe(1);
    expect(requestsFor('.sig')).toBe(1);
    expect(await auditTags('lost-blob', rules, 1)).toEqual(tags.map(() => 'INCOMPLETE'));
    expect(requestsFor('/referrers/')).toBe(1);
  });
});
