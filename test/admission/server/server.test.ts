import type { Digest } from '@signet/oci';
import type { Policy } from '@signet/verifier';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createJudge, createMetrics, type RunningServer, startServer } from '../../../packages/admission/src/index.ts';
import { createImages } from '../../verifier/images.ts';
import { policyOf } from '../../verifier/policies.ts';
import { testKey } from '../../verifier/signatures.ts';
import { admissionReview, pod } from '../requests.ts';

const key = testKey('p256');
const images = createImages();
let server: RunningServer;
let signed: Digest;
let policy: Policy;

beforeAll(async () => {
  const image = await images.image('web', '1');
  signed = image.descriptor.digest;
  await images.sign(key, image);
  await images.image('plain', 'unsigned');
  policy = policyOf(key, {
    'r.example/prod/**': { name: 'prod' },
    'r.example/warn/**': { name: 'lenient', mode: 'warn' },
    'r.example/free/**': { name: 'free', mode: 'skip' },
    'r.example/tags/**': { name: 'tags', allowUnpinned: true },
  });
  const metrics = createMetrics();
  const judge = createJudge({ policy, open: () => images.store, onAnswer: metrics.image });
  server = await startServer({ judge, metrics, logger: pino({ level: 'silent' }) });
});

afterAll(() => server.close());

interface Answer {
  readonly status: number;
  readonly body: {
    readonly response?: {
      readonly allowed: boolean;
      readonly uid: string;
      readonly status?: { readonly code: number; readonly message: string };
      readonly warnings?: readonly string[];
      readonly patch?: string;
      readonly patchType?: string;
      readonly items?: readonly { readonly key: string; readonly value?: unknown; readonly error?: string }[];
    };
    readonly error?: { readonly code: string };
    readonly status?: { readonly allowed: boolean; readonly reason: string };
  };
}

async function post(path: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  const response = await fetch(`${server.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Answer['body'] };
}

const validate = async (object: unknown, request: object = {}) =>
  (await post('/validate?timeout=5s', admissionReview(object, request))).body.response;
const pinned = (repository: string) => `r.example/${repository}@${signed}`;

describe('POST /validate', () => {
  it('lets a signed image pass that is named by its digest', async () => {
    const response = await validate(pod(pinned('prod/web')));
    expect(response).toMatchObject({ uid: '705ab4f5-6393-11e8-b7cc-42010a800002', allowed: true });
    expect(response?.status).toBeUndefined();
    expect(response?.patch).toBeUndefined();
  });

  it('refuses an unsigned one, with container, image, rule and remedy', async () => {
    const response = await validate(pod(pinned('prod/web'), 'r.example/prod/web:unsigned'));
    expect(response).toMatchObject({ allowed: false, status: { code: 403 } });
    const message = response?.status?.message ?? '';
    expect(message).toContain('container "c1" (spec.containers[1].image): r.example/prod/web:unsigned');
    expect(message).toContain('denied (NO_SIGNATURE)');
    expect(message).toContain('[rule prod]');
    expect(message).toContain('to do: sign the image');
    expect(message).not.toContain('c0');
  });

  it('refuses a verified image that is named by a tag, unless the rule allows that', async () => {
    const refused = await validate(pod('r.example/prod/web:1'));
    expect(refused?.status?.message).toContain('NOT_PINNED');
    expect(refused?.status?.message).toContain(signed);
    expect(await validate(pod('r.example/tags/web:1'))).toMatchObject({ allowed: true });
  });

  it('warns under a rule that warns, within the limits of Kubernetes', async () => {
    const response = await validate(pod('r.example/warn/web:unsigned', 'r.example/warn/web:1'));
    expect(response?.allowed).toBe(true);
    expect(response?.warnings?.[0]).toContain('NO_SIGNATURE');
    expect(response?.warnings?.[1]).toContain('NOT_PINNED');
    for (const warning of response?.warnings ?? []) expect(warning.length).toBeLessThanOrEqual(256);
  });

  it('lets pass what could not be decided under a rule that warns, with the reason', async () => {
    const response = await validate(pod('r.example/warn/web:gone'));
    expect(response).toMatchObject({
      allowed: true,
      warnings: [
        expect.stringContaining(
          'undecided (UNRESOLVED): container "c0": r.example/warn/web:gone: the reference could not be resolved',
        ),
      ],
    });
  });

  it('lets pass what a rule exempts, and refuses what no rule is for', async () => {
    expect(await validate(pod('r.example/free/x:1'))).toMatchObject({ allowed: true });
    expect((await validate(pod('s.example/x:1')))?.status?.message).toContain('NO_RULE');
  });

  it('looks at nothing when something is deleted', async () => {
    expect(await validate(null, { operation: 'DELETE', oldObject: pod('s.example/x') })).toMatchObject({
      allowed: true,
    });
  });

  it('skips an image on an update only where the same container has it already, pinned', async () => {
    const bad = `r.example/prod/bad@sha256:${'0'.repeat(64)}`;
    const update = (object: unknown, oldObject: unknown) => validate(object, { operation: 'UPDATE', oldObject });
    expect(await update(pod(bad), pod(bad))).toMatchObject({ allowed: true });
    expect(await update(pod(bad), pod(pinned('prod/web')))).toMatchObject({ allowed: false });
    expect(await update(pod(pinned('prod/web'), bad), pod(bad))).toMatchObject({ allowed: false });
    expect(await update(pod('r.example/prod/web:unsigned'), pod('r.example/prod/web:unsigned'))).toMatchObject({
      allowed: false,
    });
  });

  it('refuses an object in which an image cannot be read', async () => {
    for (const object of [pod('Not An Image'), pod(''), { ...pod(), spec: { containers: 'x' } }, 'text', undefined])
      expect(await validate(object)).toMatchObject({
        allowed: false,
        status: { message: expect.stringMatching('UNREADABLE') },
      });
  });

  it('refuses more images than any workload has', async () => {
    const many = pod(...Array.from({ length: 1000 }, (_, at) => `r.example/prod/web:${at}`));
    const response = await validate(many);
    expect(response).toMatchObject({ allowed: false });
    expect(response?.status?.message).toContain('TOO_MANY_IMAGES');
    expect(response?.status?.message.length).toBeLessThanOrEqual(4096);
  });

  it('answers before the time of the caller is up', async () => {
    const hanging = createJudge({
      policy,
      open: () => ({ ...images.store, resolve: () => new Promise<never>(() => {}) }),
    });
    const slow = await startServer({ judge: hanging, metrics: createMetrics(), logger: pino({ level: 'silent' }) });
    const response = await fetch(`${slow.url}/validate?timeout=200ms`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(admissionReview(pod('r.example/prod/web:1'))),
    });
    const body = (await response.json()) as Answer['body'];
    expect(body.response).toMatchObject({ allowed: false });
    expect(body.response?.status?.message).toContain('did not answer in the time');
    await slow.close();
  });
});

describe('POST /mutate', () => {
  it('puts the verified digest behind the tag, and takes its own output', async () => {
    const first = (await post('/mutate', admissionReview(pod('r.example/prod/web:1', pinned('prod/web'))))).body
      .response;
    expect(first).toMatchObject({ allowed: true, patchType: 'JSONPatch' });
    expect(JSON.parse(Buffer.from(first?.patch ?? '', 'base64').toString())).toEqual([
      { op: 'test', path: '/spec/containers/0/image', value: 'r.example/prod/web:1' },
      { op: 'replace', path: '/spec/containers/0/image', value: `r.example/prod/web:1@${signed}` },
    ]);
    const second = (await post('/mutate', admissionReview(pod(`r.example/prod/web:1@${signed}`)))).body.response;
    expect(second).toMatchObject({ allowed: true });
    expect(second?.patch).toBeUndefined();
  });

  it('refuses what is not verified, and leaves what a lenient rule lets pass as it is', async () => {
    const refused = (await post('/mutate', admissionReview(pod('r.example/prod/web:unsigned')))).body.response;
    expect(refused).toMatchObject({ allowed: false });
    const lenient = (await post('/mutate', admissionReview(pod('r.example/warn/web:unsigned')))).body.response;
    expect(lenient).toMatchObject({ allowed: true });
    expect(lenient?.patch).toBeUndefined();
  });
});

describe('POST /imagereview', () => {
  it('answers an ImageReview', async () => {
    const review = (image: string) =>
      post('/imagereview', {
        apiVersion: 'imagepolicy.k8s.io/v1alpha1',
        kind: 'ImageReview',
        spec: { containers: [{ image }], annotations: { 'x.image-policy.k8s.io/break-glass': 'T-1' }, namespace: 'n' },
      });
    expect((await review(pinned('prod/web'))).body.status).toMatchObject({ allowed: true, reason: '' });
    const refused = (await review('r.example/prod/web:unsigned')).body.status;
    expect(refused).toMatchObject({ allowed: false });
    expect(refused?.reason).toContain('NO_SIGNATURE');
  });
});

describe('POST /gatekeeper', () => {
  const ask = (path: string, ...keys: readonly string[]) =>
    post(path, { apiVersion: 'externaldata.gatekeeper.sh/v1beta1', kind: 'ProviderRequest', request: { keys } });

  it('verifies in the shape that Ratify gives', async () => {
    const { body } = await ask(
      '/gatekeeper/verify',
      pinned('prod/web'),
      'r.example/prod/web:unsigned',
      'r.example/prod/web:gone',
    );
    expect(body.response).toMatchObject({ idempotent: false, systemError: '' });
    const [good, bad, gone] = body.response?.items ?? [];
    expect(good?.value).toMatchObject({ isSuccess: true, verifierReports: [{ isSuccess: true, name: 'signet' }] });
    expect(bad?.value).toMatchObject({ isSuccess: false });
    expect(gone?.error).toContain('undecided (UNRESOLVED)');
    const ratify = await ask('/ratify/gatekeeper/v1/verify', pinned('prod/web'));
    expect(ratify.body.response?.items?.[0]?.value).toMatchObject({ isSuccess: true });
  });

  it('gives each image its digest for mutation', async () => {
    const { body } = await ask(
      '/gatekeeper/mutate',
      'r.example/prod/web:1',
      pinned('prod/web'),
      'r.example/prod/web:unsigned',
    );
    expect(body.response).toMatchObject({ idempotent: true });
    expect(body.response?.items).toMatchObject([
      { key: 'r.example/prod/web:1', value: `r.example/prod/web:1@${signed}` },
      { key: pinned('prod/web'), value: pinned('prod/web') },
      { key: 'r.example/prod/web:unsigned', error: expect.stringContaining('NO_SIGNATURE') },
    ]);
  });
});

describe('POST /v1/verify', () => {
  it('gives the reports of all images', async () => {
    const { body } = await post('/v1/verify', { images: [pinned('prod/web'), 'Not An Image'] });
    expect(body).toMatchObject({
      allowed: false,
      policy: policy.revision,
      results: [{ report: { version: 1, verdict: 'verified' } }, { error: { code: 'REFERENCE_INVALID' } }],
    });
  });
});

describe('bad requests', () => {
  it.each([
    ['no JSON', '{', 400, 'REQUEST_INVALID'],
    ['no review', '{}', 400, 'REQUEST_INVALID'],
    ['deep JSON', `${'['.repeat(100_000)}${']'.repeat(100_000)}`, 400, 'REQUEST_INVALID'],
    ['10 MB', JSON.stringify({ x: 'y'.repeat(10_000_000) }), 413, 'REQUEST_TOO_LARGE'],
    [
      'another version',
      JSON.stringify({ ...admissionReview(pod()), apiVersion: 'admission.k8s.io/v1beta1' }),
      400,
      'REQUEST_UNSUPPORTED',
    ],
  ])('%s', async (_name, body, status, code) => {
    const answer = await post('/validate', body);
    expect([answer.status, answer.body.error?.code]).toEqual([status, code]);
  });

  it('another content type, and a path that is not there', async () => {
    expect((await post('/validate', '{}', { 'content-type': 'text/plain' })).status).toBe(415);
    expect((await post('/nothing', '{}')).status).toBe(404);
  });
});

describe('the server', () => {
  it('is not set up in an unsafe way', async () => {
    const judge = createJudge({ policy, open: () => images.store });
    const base = { judge, metrics: createMetrics(), logger: pino({ level: 'silent' }) };
    await expect(startServer({ ...base, host: '0.0.0.0' })).rejects.toMatchObject({ code: 'SERVER_INVALID' });
    await expect(startServer({ ...base, tokens: ['short'] })).rejects.toMatchObject({ code: 'SERVER_INVALID' });
    await expect(startServer({ ...base, needsClientCert: true })).rejects.toMatchObject({ code: 'SERVER_INVALID' });
  });

  it('tells its health and its figures', async () => {
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
    const figures = await (await fetch(`${server.url}/metrics`)).text();
    expect(figures).toContain('signet_images_total{verdict="verified"');
  });
});
