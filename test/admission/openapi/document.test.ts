import { readdirSync, readFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createJudge,
  createMetrics,
  createPushWatcher,
  openApiDocument,
  type RunningServer,
  startServer,
} from '../../../packages/admission/src/index.ts';
import { createWorld } from '../corpus/world.ts';
import { acrEvent } from '../webhooks/notifications.ts';

interface Operation {
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly content: Content }>>;
}
type Content = Readonly<Record<string, { readonly schema: object }>>;

const secret = 'a-shared-secret-of-registries';
const token = 'a-token-for-the-rest-endpoint';
let server: RunningServer;
let document: { readonly paths: Readonly<Record<string, Readonly<Partial<Record<'get' | 'post', Operation>>>>> };
let ajv: Ajv2020;

beforeAll(async () => {
  const { policy, open, customPaths } = await createWorld();
  const logger = pino({ level: 'silent' });
  const judge = createJudge({ policy, open });
  const watcher = createPushWatcher({ judge, logger });
  const given = { webhookSecrets: [secret], tokens: [token] };
  server = await startServer({ judge, metrics: createMetrics(), logger, customPaths, watcher, ...given });
  document = (await (await fetch(`${server.url}/openapi.json`)).json()) as typeof document;
  ajv = new Ajv2020({ strict: false, allErrors: true });
  formats.default(ajv);
  ajv.addSchema({ ...document, $id: 'openapi' });
});

afterAll(() => server.close());

function operation(path: string): Operation {
  const { get, post } = document.paths[path] ?? {};
  const found = post ?? get;
  if (found === undefined) throw new Error(`${path} is not in the document`);
  return found;
}

/** What the document says of a body; its references are those of the document. */
function schemaOf(content: Content | undefined): ValidateFunction {
  const schema = content?.['application/json']?.schema;
  return ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"openapi#/')));
}

function expectValid(validate: ValidateFunction, value: unknown): void {
  expect(validate(value), JSON.stringify(validate.errors)).toBe(true);
}

async function ask(path: string, body?: string, headers: Readonly<Record<string, string>> = {}) {
  const authorization = `Bearer ${path.startsWith('/webhooks') ? secret : token}`;
  const response = await fetch(`${server.url}${path}`, {
    headers: { authorization, 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { method: 'POST', body }),
  });
  const text = await response.text();
  return { status: response.status, body: text.startsWith('{') ? JSON.parse(text) : text };
}

/** Requests by path. */
const corpus = Object.entries({
  '/validate': 'validate',
  '/mutate': 'mutate',
  '/imagereview': 'imagereview',
  '/gatekeeper/verify': 'gatekeeper-verify',
  '/ratify/gatekeeper/v1/verify': 'gatekeeper-verify',
  '/gatekeeper/mutate': 'gatekeeper-mutate',
  '/ratify/gatekeeper/v1/mutate': 'gatekeeper-mutate',
}).map(([path, folder]) => {
  const url = new URL(`../corpus/${folder}/`, import.meta.url);
  return [path, readdirSync(url).map((file) => readFileSync(new URL(file, url), 'utf8'))] as const;
});

describe('GET /openapi.json', () => {
  it('is the document of the package', () => {
    expect(document).toEqual(JSON.parse(JSON.stringify(openApiDocument)));
  });

  it.each(corpus)('%s: the requests of the corpus and their answers are as it says', async (path, bodies) => {
    const { requestBody, responses } = operation(path);
    const [asked, answered] = [schemaOf(requestBody?.content), schemaOf(responses[200]?.content)];
    for (const body of bodies) {
      expectValid(asked, JSON.parse(body));
      const answer = await ask(path, body);
      expect(answer.status).toBe(200);
      expectValid(answered, answer.body);
    }
  });

  it('/v1/verify: so are the reports of images of every kind', async () => {
    const { requestBody, responses } = operation('/v1/verify');
    const tags = ['1.4', 'unsigned', 'mallory', 'multi', 'badchild', 'refused', 'bound-2', 'gone', 'down'];
    const images = tags.flatMap((tag) =>
      ['prod', 'bound', 'skip'].map((name) => `registry.example.com/${name}/web:${tag}`),
    );
    const request = { images: [...images, 'Not An Image', 'quay.io/other/web:1'] };
    expectValid(schemaOf(requestBody?.content), request);
    const { status, body } = await ask('/v1/verify', JSON.stringify(request));
    expect(status).toBe(200);
    const answered = schemaOf(responses[200]?.content);
    expectValid(answered, body);
    const codes: readonly string[] = body.results.map((each: { report?: { code: string } }) => each.report?.code ?? '');
    expect(new Set(codes)).toEqual(
      new Set([
        'VERIFIED',
        'NO_SIGNATURE',
        'NOT_TRUSTED',
        'TAG_MISMATCH',
        'REFUSED_DIGEST',
        'UNRESOLVED',
        'NO_RULE',
        'NOT_CHECKED',
        '',
      ]),
    );
    expect(answered({ ...body, allowed: 'yes' })).toBe(false);
    const { atMs: _, ...report } = body.results[0].report;
    expect(answered({ ...body, results: [{ ...body.results[0], report }] })).toBe(false);
  });

  it('the other paths answer as it says', async () => {
    for (const path of ['/healthz', '/readyz', '/openapi.json'])
      expectValid(schemaOf(operation(path).responses[200]?.content), (await ask(path)).body);
    expect((await ask('/metrics')).body).toContain('# TYPE');
    for (const source of ['acr', 'distribution', 'harbor']) {
      const path = `/webhooks/${source}`;
      const body = source === 'acr' ? acrEvent() : source === 'harbor' ? { type: 'TEST' } : { events: [] };
      const answer = await ask(path, JSON.stringify(body));
      expect(answer.status).toBe(202);
      expectValid(schemaOf(operation(path).responses[202]?.content), answer.body);
    }
  });

  it('so do all of them for requests that are wrong', async () => {
    for (const [path, { post, get }] of Object.entries(document.paths)) {
      const { responses } = post ?? get ?? { responses: {} };
      const wrong = post === undefined ? [] : [ask(path, '{'), ask(path, '{}', { 'content-type': 'text/plain' })];
      const stranger = responses[401] === undefined ? [] : [ask(path, post && '{}', { authorization: 'Bearer wrong' })];
      for (const { status, body } of await Promise.all([...wrong, ...stranger])) {
        expect(Object.keys(responses), path).toContain(String(status));
        expectValid(schemaOf(responses[status]?.content), body);
      }
    }
    expect((await ask('/nothing')).status).toBe(404);
  });
});
