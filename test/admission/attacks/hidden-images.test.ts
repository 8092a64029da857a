import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createJudge, createMetrics, type RunningServer, startServer } from '../../../packages/admission/src/index.ts';
import { createImages } from '../../verifier/images.ts';
import { policyOf } from '../../verifier/policies.ts';
import { testKey } from '../../verifier/signatures.ts';
import { admissionReview, pod } from '../requests.ts';

/** What whoever may create pods does to run one that nobody signed. `web` is signed; what Docker Hub itself publishes is exempt. */
let server: RunningServer;
let web: string;
let unsigned: string;
const name = 'registry.example.com/prod/web';
const key = testKey('p256');
const policy = policyOf(key, { 'registry.example.com/prod/**': {}, 'docker.io/library/*': { mode: 'skip' } });

beforeAll(async () => {
  const images = createImages();
  const signed = await images.image('web', '1.4');
  await images.sign(key, signed);
  web = signed.descriptor.digest;
  unsigned = (await images.image('unsigned', 'unsigned')).descriptor.digest;
  const judge = createJudge({ policy, open: () => images.store });
  const customPaths = { 'example.com/v1/WebService': ['$.spec.image', '$.spec.sidecars[*].image'] };
  server = await startServer({ judge, metrics: createMetrics(), logger: pino({ level: 'silent' }), customPaths });
});

afterAll(() => server.close());

async function post(path: string, body: unknown): Promise<{ readonly status: number; readonly body: Body }> {
  const response = await fetch(`${server.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Body };
}

interface Body {
  readonly response?: {
    readonly allowed?: boolean;
    readonly status?: { readonly message: string };
    readonly patch?: string;
    readonly items?: readonly { readonly value?: string | { readonly isSuccess: boolean }; readonly error?: string }[];
  };
  readonly status?: { readonly allowed: boolean };
  readonly results?: readonly { readonly report?: { readonly allowed: boolean } }[];
}

/** The addresses that let an image pass, whatever they make of it. */
async function whoAllows(image: string): Promise<readonly string[]> {
  const external = {
    apiVersion: 'externaldata.gatekeeper.sh/v1beta1',
    kind: 'ProviderRequest',
    request: { keys: [image] },
  };
  const review = { apiVersion: 'imagepolicy.k8s.io/v1alpha1', kind: 'ImageReview', spec: { containers: [{ image }] } };
  const [validate, mutate, imagereview, verify, pin] = await Promise.all([
    post('/validate', admissionReview(pod(image))),
    post('/mutate', admissionReview(pod(image))),
    post('/imagereview', review),
    post('/gatekeeper/verify', external),
    post('/gatekeeper/mutate', external),
  ]);
  const [verified, pinned] = [verify, pin].map(({ body }) => body.response?.items?.[0]?.value);
  const allowed = {
    '/validate': validate.body.response?.allowed !== false,
    '/mutate': mutate.body.response?.allowed !== false,
    '/imagereview': imagereview.body.status?.allowed !== false,
    '/gatekeeper/verify': typeof verified === 'object' && verified.isSuccess,
    '/gatekeeper/mutate': pinned !== undefined,
  };
  return Object.entries(allowed).flatMap(([path, isAllowed]) => (isAllowed ? [path] : []));
}

describe('names', () => {
  /** Each is to be taken for the image that a node would pull, or for none. */
  const evil: Readonly<Record<string, () => string>> = {
    'as it is': () => `${name}@${unsigned}`,
    'with the port': () => `registry.example.com:443/prod/web@${unsigned}`,
    'in capitals': () => `REGISTRY.Example.com/prod/web@${unsigned}`,
    'beside the tag of a signed one': () => `${name}:1.4@${unsigned}`,
    'with the digest of a signed one before': () => `${name}@${web}@${unsigned}`,
    'with one behind': () => `${name}@${unsigned}@${web}`,
    'with a dot behind the host': () => `registry.example.com./prod/web@${web}`,
    'with another port': () => `registry.example.com:0443/prod/web@${web}`,
    'behind the name of another host': () => `registry.example.com@evil.example/prod/web@${web}`,
    'by the way over its folder': () => `registry.example.com/prod/../evil/web@${web}`,
    'with an empty part': () => `registry.example.com//prod/web@${web}`,
    'with an escape': () => `registry.example.com/prod%2Fweb@${web}`,
    'with a query': () => `${name}?x=1@${web}`,
    'with a fragment': () => `${name}#@${web}`,
    'in capitals behind the host': () => `registry.example.com/Prod/web@${web}`,
    'with a digest in capitals': () => `${name}@sha256:${web.slice(7).toUpperCase()}`,
    'with an algorithm in capitals': () => `${name}@SHA256:${web.slice(7)}`,
    'with a digest of no length': () => `${name}@sha256:`,
    'with half a digest': () => `${name}@${web.slice(0, 40)}`,
    'with a digest and more': () => `${name}@${web}00`,
    'with a space before': () => ` ${name}@${web}`,
    'with a space behind': () => `${name}@${web} `,
    'with a line end': () => `${name}@${web}\n`,
    'with a second line': () => `${name}@${web}\n${name}@${unsigned}`,
    'with a tabulator': () => `${name}\t@${web}`,
    'with a zero': () => `${name}@${web}\u0000`,
    'with a space of no width': () => `${name}\u200b@${web}`,
    'with a mark of byte order': () => `\ufeff${name}@${web}`,
    'in letters of full width': () => `ｒegistry.example.com/prod/web@${web}`,
    'with a letter of another alphabet': () => `rеgistry.example.com/prod/web@${web}`,
    'with a letter that has a capital in two alphabets': () => `registry.example.com/prod/web\u212a@${web}`,
    'with a half character': () => `${name}\ud800@${web}`,
    'by a URL': () => `https://${name}@${web}`,
    'by the transport of a tool': () => `docker://${name}@${web}`,
    'as a layout': () => `oci:${name}@${web}`,
    'with a variable': () => `${name}$(EVIL)@${web}`,
    'as nothing': () => '',
    'as the id of an image on the node': () => web,
    'as the beginning of one': () => web.slice(0, 19),
    'as an id of another algorithm': () => `sha512:${'a'.repeat(128)}`,
    'as its digits alone': () => web.slice(7),
  };
  it.each(Object.entries(evil))('%s', async (_how, image) => {
    expect(await whoAllows(image())).toEqual([]);
  });

  it('the same image under another spelling is the same image', async () => {
    for (const image of [`registry.example.com:443/prod/web@${web}`, `Registry.EXAMPLE.com/prod/web:2.0@${web}`])
      expect(await whoAllows(image), image).toHaveLength(5);
  });
});

describe('objects', () => {
  const good = (): string => `${name}@${web}`;
  const evil = (): string => `${name}@${unsigned}`;
  const allowed = async (object: unknown, request: object = {}, path = '/validate'): Promise<boolean | undefined> =>
    (await post(path, admissionReview(object, request))).body.response?.allowed;
  const withSpec = (spec: object): object => ({ ...pod(), spec });
  const container = (image: unknown, rest: object = {}): object => ({ name: 'a', image, ...rest });
  const update = (oldObject: unknown): object => ({ operation: 'UPDATE', oldObject });

  it.each<readonly [string, () => object]>([
    ['in an init container', () => withSpec({ containers: [container(good())], initContainers: [container(evil())] })],
    [
      'in an ephemeral one',
      () => withSpec({ containers: [container(good())], ephemeralContainers: [container(evil())] }),
    ],
    [
      'in a volume',
      () => withSpec({ containers: [container(good())], volumes: [{ name: 'v', image: { reference: evil() } }] }),
    ],
    ['with a name in capitals beside', () => withSpec({ containers: [{ name: 'a', Image: evil(), image: evil() }] })],
    ['with a name in capitals alone', () => withSpec({ containers: [{ name: 'a', Image: good() }] })],
    ['in a list', () => ({ apiVersion: 'v1', kind: 'List', items: [pod(good()), pod(evil())] })],
    [
      'in a list in a list',
      () => ({ apiVersion: 'v1', kind: 'List', items: [{ apiVersion: 'v1', kind: 'List', items: [pod(evil())] }] }),
    ],
    [
      'in a list of pods that do not say so',
      () => ({ apiVersion: 'v1', kind: 'PodList', items: [{ spec: { containers: [container(evil())] } }] }),
    ],
    [
      'in a custom resource',
      () => ({
        apiVersion: 'example.com/v1',
        kind: 'WebService',
        spec: { image: good(), sidecars: [{ image: evil() }] },
      }),
    ],
    [
      'in one that nobody knows',
      () => ({
        apiVersion: 'evil.example/v1',
        kind: 'Runner',
        spec: { template: { spec: { containers: [container(evil())] } } },
      }),
    ],
    ['behind 300 others', () => pod(...Array.from({ length: 300 }, () => good()), evil())],
    ['behind 2,000 others', () => pod(...Array.from({ length: 2000 }, () => good()), evil())],
    [
      'of a replication controller',
      () => ({
        apiVersion: 'v1',
        kind: 'ReplicationController',
        spec: { template: { spec: { containers: [container(evil())] } } },
      }),
    ],
    [
      'of a pod template',
      () => ({ apiVersion: 'v1', kind: 'PodTemplate', template: { spec: { containers: [container(evil())] } } }),
    ],
    [
      'for debugging, as Kubernetes had it before 1.22',
      () => ({ apiVersion: 'v1', kind: 'EphemeralContainers', ephemeralContainers: [container(evil())] }),
    ],
  ])('an image %s is seen', async (_where, object) => {
    expect(await allowed(object())).toBe(false);
    expect(await allowed(object(), {}, '/mutate')).toBe(false);
    expect(await allowed(object(), { dryRun: true })).toBe(false);
  });

  it.each(['', 'ephemeralcontainers', 'resize', 'status', 'binding'])(
    'whatever the sub-resource is: %s',
    async (subResource) => {
      expect(await allowed(pod(evil()), { ...update(pod(good())), subResource })).toBe(false);
    },
  );

  it('namespace, labels, annotations and names open nothing', async () => {
    const metadata = {
      name: 'kube-apiserver',
      namespace: 'kube-system',
      labels: { 'signet.dev/skip': 'true', 'admission.gatekeeper.sh/ignore': 'true', 'control-plane': 'true' },
      annotations: { 'kubernetes.io/config.mirror': 'x', 'x.image-policy.k8s.io/break-glass': 'T-1' },
    };
    const userInfo = { username: 'system:admin', groups: ['system:masters'] };
    expect(await allowed({ ...pod(evil()), metadata }, { namespace: 'kube-system', userInfo })).toBe(false);
  });

  it('an image is only left alone where the same container has had it, and pinned', async () => {
    const had = (object: unknown, oldObject: unknown) => allowed(object, update(oldObject));
    const one = (image: string, rest: object = {}) => withSpec({ containers: [container(image, rest)] });
    expect(await had(one(evil()), one(evil()))).toBe(true);
    expect(await had(one(evil(), { name: 'b' }), one(evil()))).toBe(false);
    expect(await had(one(evil()), withSpec({ initContainers: [container(evil())], containers: [] }))).toBe(false);
    expect(await had(one(evil()), withSpec({ volumes: [{ name: 'a', image: { reference: evil() } }] }))).toBe(false);
    expect(await had(one(`${name}:unsigned`), one(`${name}:unsigned`))).toBe(false);
    expect(await had(one(`${name}:1.4@${unsigned}`), one(evil()))).toBe(false);
    const other = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      spec: { template: { spec: { containers: [container(evil())] } } },
    };
    expect(await had(one(evil()), other)).toBe(false);
  });

  it('what was before counts for updates alone', async () => {
    expect(await allowed(pod(evil()), { operation: 'CREATE', oldObject: pod(evil()) })).toBe(false);
    const leaving = { ...pod(evil()), metadata: { deletionTimestamp: '2026-12-01T00:00:00Z' } };
    expect(await allowed(leaving, { operation: 'CREATE', oldObject: leaving })).toBe(false);
    expect(await allowed(leaving, { operation: 'UPDATE', oldObject: pod() })).toBe(false);
  });

  it('what differs from what was written when it is asked is not what was verified: the patch says so', async () => {
    const { body } = await post('/mutate', admissionReview(pod(`${name}:1.4`)));
    const patch = JSON.parse(Buffer.from(body.response?.patch ?? '', 'base64').toString());
    const path = '/spec/containers/0/image';
    expect(patch).toEqual([
      { op: 'test', path, value: `${name}:1.4` },
      { op: 'replace', path, value: `${name}:1.4@${web}` },
    ]);
  });
});

describe('requests that say two things', () => {
  const review = (image: string) => JSON.stringify(admissionReview(pod(image)));
  it.each<readonly [string, () => string]>([
    ['an image twice', () => review(`${name}@${web}`).replace('"image":', `"image":"${name}@${unsigned}","image":`)],
    [
      'an object twice',
      () => review(`${name}@${web}`).replace('"object":', `"object":${JSON.stringify(pod('evil:1'))},"object":`),
    ],
    [
      'an operation twice, once with an escape',
      () => review(`${name}@${unsigned}`).replace('"operation":', '"oper\\u0061tion":"DELETE","operation":'),
    ],
    ['a request twice', () => review(`${name}@${web}`).replace('"request":', '"request":{},"request":')],
  ])('%s: refused as a whole', async (_what, text) => {
    for (const path of ['/validate', '/mutate'])
      expect(await post(path, text())).toMatchObject({ status: 400, body: { error: { code: 'REQUEST_INVALID' } } });
  });
});
