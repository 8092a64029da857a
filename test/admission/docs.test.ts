import { digestOf } from '@signet/oci';
import { noRefusals } from '@signet/verifier';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  createJudge,
  createMetrics,
  createPushWatcher,
  defaultLifetimes,
  defaultTimeouts,
  type Outcome,
  openApiDocument,
  type RunningServer,
  startServer,
} from '../../packages/admission/src/index.ts';
import { auditAnnotations } from '../../packages/admission/src/kubernetes/audit-annotations.ts';
import { readDocs } from '../support/markdown.ts';
import { createWorld, type World } from './corpus/world.ts';
import { admissionReview, pod } from './requests.ts';

const document = readDocs().get('docs/admission.md');
const metrics = createMetrics();
const secret = 'a-shared-secret-of-registries';
const sent: unknown[] = [];
let world: World;
let server: RunningServer;

beforeAll(async () => {
  world = await createWorld();
  const logger = pino({ level: 'silent' });
  const judge = createJudge({ policy: { ...world.policy, refuse: noRefusals }, open: world.open });
  const notifier = { send: (message: object) => void sent.push({ id: '1', ...message }), close: async () => {} };
  const watcher = createPushWatcher({ judge, logger, notifier, settleMs: 0 });
  server = await startServer({ judge, metrics, logger, watcher, webhookSecrets: [secret] });
});

afterAll(() => server.close());

/** Rows of the table with these columns. */
function rowsOf(...columns: readonly string[]): readonly (readonly string[])[] {
  const found = document?.tables.filter((table) => columns.every((column, at) => table.columns[at] === column)) ?? [];
  expect(found, columns.join()).toHaveLength(1);
  return found[0]?.rows ?? [];
}

/** The JSON of the block with this name. */
function jsonOf(name: string): unknown {
  const text = document?.blocks.find((block) => block.name === `${name}.json`)?.lines.join('\n');
  return JSON.parse((text ?? '').replaceAll('sha256:DIGEST', String(world.digests.web)));
}

async function post<T = { readonly response: { readonly patch: string } }>(path: string, body: unknown): Promise<T> {
  const response = await fetch(`${server.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${secret}` },
    body: JSON.stringify(body),
  });
  return (await response.json()) as T;
}

/** What is written, and where a text ends in `…` any that begins so. */
function written(value: unknown): unknown {
  if (value === '…') return expect.anything();
  if (typeof value === 'string' && value.endsWith('…')) return expect.stringContaining(value.slice(0, -1));
  if (Array.isArray(value)) return value.map(written);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, written(member)]));
}

describe('docs/admission.md', () => {
  it.each([
    ['validate', '/validate'],
    ['mutate', '/mutate'],
    ['imagereview', '/imagereview'],
    ['gatekeeper-verify', '/gatekeeper/verify'],
    ['gatekeeper-mutate', '/gatekeeper/mutate'],
    ['v1-verify', '/v1/verify'],
  ])('the example of %s gets the answer that it shows', async (name, path) => {
    expect(await post(path, jsonOf(`${name}-request`))).toEqual(written(jsonOf(`${name}-response`)));
  });

  it('the patch is what it says', async () => {
    const { response } = await post('/mutate', jsonOf('mutate-request'));
    expect(JSON.parse(Buffer.from(response.patch, 'base64').toString())).toEqual(jsonOf('mutate-patch'));
  });

  it('a push is answered, and told, as it says', async () => {
    const push = {
      action: 'push',
      target: { repository: 'prod/web', tag: 'unsigned' },
      request: { host: 'registry.example.com' },
    };
    expect(await post('/webhooks/acr', push)).toEqual(jsonOf('webhook-response'));
    const { id: _, at: __, ...message } = jsonOf('message') as Record<string, unknown>;
    await vi.waitFor(() => expect(sent).toHaveLength(1));
    expect(sent[0]).toEqual({ ...(written(message) as object), id: expect.any(String), at: expect.any(Number) });
  });

  it('has all addresses, and no others', () => {
    const paths = Object.entries(openApiDocument.paths as Readonly<Record<string, object>>);
    const all = paths.flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `\`${method.toUpperCase()} ${path}\``),
    );
    expect(
      rowsOf('address')
        .map(([address]) => address)
        .sort(),
    ).toEqual(all.sort());
  });

  it('has the mode table that the server goes by', async () => {
    const { web, unsigned } = world.digests;
    const images = [`@${web}`, `@${unsigned}`, ':down', ':1.4'];
    const modes = ['prod', 'warn', 'audit', 'skip'];
    for (const [row, [, ...cells]] of rowsOf('verdict', '`enforce`', '`warn`', '`audit`', '`skip`').entries()) {
      for (const [at, cell] of cells.entries()) {
        const object = pod(`registry.example.com/${modes[at]}/web${images[row]}`);
        const answer = await post<{ response: { allowed: boolean; warnings?: unknown[] } }>(
          '/validate',
          admissionReview(object),
        );
        const { allowed, warnings = [] } = answer.response;
        expect([allowed, warnings.length > 0], `${images[row]} ${cell}`).toEqual([
          cell.startsWith('allowed'),
          cell.endsWith('with a warning'),
        ]);
      }
    }
  });

  it('has the times of the server', () => {
    const { admissionMs, imageReviewMs, gatekeeperVerifyMs, gatekeeperMutateMs, restMs } = defaultTimeouts;
    const times = [admissionMs, imageReviewMs, gatekeeperVerifyMs, gatekeeperMutateMs, restMs];
    expect(rowsOf('asked at', 'milliseconds').map(([, ms]) => Number(ms))).toEqual(times);
    const { freshMs, staleMs, deniedMs, tagMs } = defaultLifetimes;
    expect(rowsOf('what', 'milliseconds').map(([, ms]) => Number(ms))).toEqual([freshMs, staleMs, deniedMs, tagMs, 0]);
  });

  it('has the keys of audit annotations', () => {
    const common = { isAllowed: true, isWarning: false, isUnpinned: true, why: '', code: 'VERIFIED' } as const;
    const good: Outcome = { ...common, verdict: 'verified', digest: digestOf(Buffer.from('image')) };
    const bad: Outcome = { ...common, verdict: 'denied' };
    const outcomes = [good, bad].map((outcome) => ({ image: 'r.example/web', outcome }));
    const keys = Object.keys(auditAnnotations({ outcomes, policy: 'a', unchanged: 1 }));
    expect(rowsOf('key').map(([key]) => key)).toEqual(keys.map((key) => `\`${key}\``));
  });

  it('has the metrics', () => {
    const names = metrics.registry.getMetricsAsArray().map(({ name }) => name);
    const own = names.filter((name) => name.startsWith('signet_')).map((name) => `\`${name}\``);
    expect(
      rowsOf('name')
        .map(([name]) => name)
        .sort(),
    ).toEqual(own.sort());
  });

  it('has the errors that the document of the server has', () => {
    const paths = Object.values(
      openApiDocument.paths as Readonly<Record<string, Readonly<Record<string, { responses: object }>>>>,
    );
    const statuses = paths.flatMap((methods) =>
      Object.values(methods).flatMap(({ responses }) => Object.keys(responses)),
    );
    const failures = new Set(['404', ...statuses.filter((status) => /^[45]/.test(status))]);
    expect(new Set(rowsOf('status').map(([status]) => status))).toEqual(failures);
  });
});
