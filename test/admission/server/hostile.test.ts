import { readdirSync, readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import fc from 'fast-check';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createJudge,
  createMetrics,
  createPushWatcher,
  type RunningServer,
  startServer,
} from '../../../packages/admission/src/index.ts';
import { createWorld, type World } from '../corpus/world.ts';
import { admissionReview, pod } from '../requests.ts';

const secret = 'a-shared-secret-of-registries';
let world: World;
let server: RunningServer;
/** What the log says, line by line. */
const log: string[] = [];

beforeAll(async () => {
  world = await createWorld();
  server = await serverBy();
});

afterAll(() => server.close());

function serverBy(changes: { readonly requestMs?: number } = {}): Promise<RunningServer> {
  const logger = pino({ level: 'info' }, { write: (line: string) => void log.push(line) });
  const judge = createJudge({ policy: world.policy, open: world.open });
  const watcher = createPushWatcher({ judge, logger, settleMs: 0 });
  const { customPaths } = world;
  return startServer({
    judge,
    metrics: createMetrics(),
    logger,
    customPaths,
    watcher,
    webhookSecrets: [secret],
    ...changes,
  });
}

interface Answer {
  readonly status: number;
  readonly body: {
    readonly error?: { readonly code: string; readonly message: string };
    readonly response?: {
      readonly allowed?: boolean;
      readonly status?: { readonly message: string };
      readonly warnings?: readonly string[];
    };
  };
}

async function post(
  path: string,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const response = await fetch(`${server.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${secret}`, ...headers },
    body,
  });
  return { status: response.status, body: (await response.json()) as Answer['body'] };
}

/** Requests that are good, by path. */
const good = Object.entries({
  '/validate': 'validate',
  '/mutate': 'mutate',
  '/imagereview': 'imagereview',
  '/gatekeeper/verify': 'gatekeeper-verify',
  '/gatekeeper/mutate': 'gatekeeper-mutate',
}).flatMap(([path, folder]) => {
  const url = new URL(`../corpus/${folder}/`, import.meta.url);
  return readdirSync(url).map((file) => ({
    path,
    body: JSON.parse(readFileSync(new URL(file, url), 'utf8')) as unknown,
  }));
});
const paths = [
  ...new Set(good.map(({ path }) => path)),
  '/v1/verify',
  '/webhooks/acr',
  '/webhooks/distribution',
  '/webhooks/harbor',
];

const names = fc.constantFrom(
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'kind',
  'spec',
  'items',
  'image',
  'metadata',
);
const leaf = fc.oneof(
  fc.constantFrom(
    null,
    true,
    0,
    -1,
    1e308,
    '',
    'x'.repeat(5000),
    '\u0000\u001b[31m\u202e',
    'oci:x',
    '$(A)',
    '../../etc/passwd',
  ),
  fc.string({ maxLength: 20 }),
);
const { value: hostile } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    leaf,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(fc.tuple(fc.oneof(names, fc.string({ maxLength: 8 })), tie('value')), { maxLength: 4 }).map(objectOf),
  ),
}));

/** As JSON.parse makes it: `__proto__` is a member like any other. */
function objectOf(entries: readonly (readonly [string, unknown])[]): unknown {
  const members = entries.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
  return JSON.parse(`{${[...new Map(members.map((member) => [member, member])).values()].join(',')}}`);
}

/** `value` with something else at one of its places. */
function replaced(value: unknown, pick: readonly number[], by: unknown): unknown {
  const [first, ...rest] = pick;
  if (first === undefined || typeof value !== 'object' || value === null) return by;
  const keys = Object.keys(value);
  const key = keys[first % Math.max(1, keys.length)];
  if (key === undefined) return by;
  const copy = structuredClone(value) as Record<string, unknown>;
  copy[key] = replaced(copy[key], rest, by);
  return copy;
}

describe('whatever is sent', () => {
  const asIs = (answer: Answer): void => {
    expect([200, 202, 400]).toContain(answer.status);
    if (answer.status === 400) expect(answer.body.error?.code).toMatch(/^REQUEST_(INVALID|UNSUPPORTED)$/);
  };

  it('any JSON gets an answer or 400', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...paths), hostile, async (path, value) =>
        asIs(await post(path, JSON.stringify(value))),
      ),
      { numRuns: 300 },
    );
  });

  it('any good request with something else at one place gets an answer or 400', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...good),
        fc.array(fc.nat(50), { maxLength: 9 }),
        hostile,
        async ({ path, body }, pick, by) => asIs(await post(path, JSON.stringify(replaced(body, pick, by)))),
      ),
      { numRuns: 500 },
    );
  });

  it('any bytes get 400', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...paths),
        fc.uint8Array({ minLength: 1, maxLength: 40 }),
        async (path, bytes) => {
          const { status } = await post(path, new Uint8Array([0x7b, ...bytes]));
          expect(status).toBe(400);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('leaves the prototypes of objects alone, and the log without a failure', async () => {
    const body = JSON.stringify(admissionReview(pod('registry.example.com/prod/web:1.4')));
    const polluted = body.replace(
      '"metadata":',
      '"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"metadata":',
    );
    expect((await post('/validate', polluted)).status).toBe(200);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    expect(log.filter((line) => line.includes('"failed"'))).toEqual([]);
  });
});

describe('hidden images', () => {
  const allowed = async (text: string): Promise<boolean | undefined> =>
    (await post('/validate', text)).body.response?.allowed;
  const review = (object: string) => JSON.stringify(admissionReview('OBJECT')).replace('"OBJECT"', object);

  it('an object that says nothing of its kind is refused where it looks like a pod', async () => {
    expect(await allowed(review('{"spec":{"containers":[{"name":"a","image":"evil:1"}]}}'))).toBe(false);
    expect(await allowed(review('{"kind":"Pod","spec":{"containers":[{"name":"a","image":"evil:1"}]}}'))).toBe(false);
  });

  it('containers that are no list are refused', async () => {
    for (const containers of [
      '{"0":{"image":"evil:1"}}',
      '"evil:1"',
      '[["evil:1"]]',
      '[{"image":["evil:1"]}]',
      '[null]',
    ])
      expect(
        await allowed(review(`{"apiVersion":"v1","kind":"Pod","spec":{"containers":${containers}}}`)),
        containers,
      ).toBe(false);
  });
});

describe('large requests', () => {
  const huge = 'x'.repeat(1_000_000);

  it('texts of a megabyte in names come back cut and escaped', async () => {
    const containers = [
      { name: `\u001b[31m${huge}`, image: 'quay.io/other/web:1' },
      { name: 'b', image: `quay.io/${huge}` },
    ];
    const object = { ...pod(), metadata: { name: huge, namespace: huge }, spec: { containers } };
    const { status, body } = await post('/validate', JSON.stringify(admissionReview(object)));
    expect(status).toBe(200);
    const message = body.response?.status?.message ?? '';
    expect(message.length).toBeLessThanOrEqual(4096);
    expect(message).toContain('\\u{1b}');
    expect(message).not.toContain('\u001b');
    expect(Math.max(...log.map((line) => line.length))).toBeLessThan(10_000);
  });

  it('8 MiB are read, and no byte more', async () => {
    const text = JSON.stringify(admissionReview({ ...pod('registry.example.com/prod/web:gone'), data: 'DATA' }));
    const filled = text.replace('DATA', 'x'.repeat(8 * 1024 * 1024 - text.length + 4));
    expect((await post('/validate', filled)).status).toBe(200);
    expect((await post('/validate', `${filled} `)).body.error?.code).toBe('REQUEST_TOO_LARGE');
  });

  it('1,000 and 100,000 containers are refused, in bounded texts and time', async () => {
    for (const count of [1000, 100_000]) {
      const images = Array.from({ length: count }, (_, at) => `r.example/app:${at}`);
      const { status, body } = await post('/validate', JSON.stringify(admissionReview(pod(...images))));
      expect(status).toBe(200);
      expect(body.response).toMatchObject({ allowed: false });
      expect(body.response?.status?.message.length).toBeLessThanOrEqual(4096);
    }
  });

  it.each(['[', '{"a":', '"\\'])('millions of %s are refused at once', async (part) => {
    expect((await post('/validate', part.repeat(1_000_000))).body.error?.code).toBe('REQUEST_INVALID');
  });
});

describe('slow clients', () => {
  const head = `POST /validate HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n`;

  /** A connection that sends this and then nothing. */
  async function stall(
    { url }: RunningServer,
    text: string,
  ): Promise<{ readonly socket: Socket; readonly ended: Promise<string> }> {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    const chunks: Buffer[] = [];
    const ended = new Promise<string>((resolve) => {
      socket.on('data', (chunk) => chunks.push(chunk));
      socket.on('error', () => {});
      socket.on('close', () => resolve(Buffer.concat(chunks).toString()));
    });
    await new Promise<void>((resolve) => void socket.once('connect', resolve));
    socket.write(text);
    return { socket, ended };
  }

  it('are cut off, whether they are slow with the head or with the body', async () => {
    const impatient = await serverBy({ requestMs: 300 });
    for (const text of ['POST /validate HTTP/1.1\r\nhost: x\r\n', `${head}{"apiVersion"`]) {
      const { ended } = await stall(impatient, text);
      expect(await ended).toMatch(/^HTTP\/1\.1 408 /);
    }
    await impatient.close();
  });

  it('in any number do not keep others waiting', async () => {
    const stalled = await Promise.all(Array.from({ length: 300 }, () => stall(server, `${head}{`)));
    const answer = await post('/validate', JSON.stringify(admissionReview(pod('quay.io/other/web:1'))));
    expect(answer).toMatchObject({ status: 200, body: { response: { allowed: false } } });
    for (const { socket } of stalled) socket.destroy();
    await Promise.all(stalled.map(({ ended }) => ended));
  });
});
