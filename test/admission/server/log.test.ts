import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import {
  createJudge,
  createLogger,
  createMetrics,
  type RunningServer,
  startServer,
} from '../../../packages/admission/src/index.ts';
import { createWorld } from '../corpus/world.ts';

let server: RunningServer;
let lines: Record<string, unknown>[];

beforeAll(async () => {
  const { policy, open } = await createWorld();
  const logger = createLogger({ level: 'debug', write: (line) => void lines.push(JSON.parse(line)) });
  lines = [];
  server = await startServer({ judge: createJudge({ policy, open }), metrics: createMetrics(), logger });
});

beforeEach(() => {
  lines = [];
});

afterAll(() => server.close());

async function review(name: string): Promise<Record<string, unknown> | undefined> {
  await fetch(`${server.url}/validate`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer a-secret-of-somebody' },
    body: readFileSync(new URL(`../corpus/validate/${name}.json`, import.meta.url)),
  });
  expect(JSON.stringify(lines)).not.toContain('a-secret-of-somebody');
  return lines.find(({ endpoint }) => endpoint === 'validate');
}

it('one line tells of a review: what it was about, what came of it, how long it took', async () => {
  expect(await review('pod-unsigned')).toMatchObject({
    level: 30,
    msg: 'refused',
    uid: expect.stringMatching(/^[0-9a-f-]{36}$/),
    operation: 'CREATE',
    namespace: 'shop',
    kind: 'Pod',
    object: 'web',
    allowed: false,
    images: 1,
    ms: expect.any(Number),
    notable: [{ verdict: 'denied', code: 'NO_SIGNATURE', rule: 'registry.example.com/prod/**' }],
  });
});

it('names what has no name yet, a sub-resource, and a dry run', async () => {
  expect(await review('pod-generate-name')).toMatchObject({ object: 'web-6d5f9c7b4-*' });
  lines = [];
  expect(await review('ephemeral-unsigned')).toMatchObject({ operation: 'UPDATE', subResource: 'ephemeralcontainers' });
  lines = [];
  expect(await review('pod-dry-run')).toMatchObject({ dryRun: true });
});

it('warns of what is let through though it is not verified, tells what a rule lets stay unpinned, and whispers of what is well', async () => {
  expect(await review('pod-warn-unsigned')).toMatchObject({ level: 40, msg: 'allowed', allowed: true });
  lines = [];
  expect(await review('pod-by-tag-allowed')).toMatchObject({
    level: 30,
    notable: [{ code: 'VERIFIED', unpinned: true }],
  });
  lines = [];
  expect(await review('pod-signed')).toMatchObject({ level: 20, msg: 'allowed' });
});
