import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { buildImage } from '../../packages/cli/src/demo/image.ts';
import { openLayout } from '../../packages/oci/src/index.ts';
import { admissionReview, pod } from '../admission/requests.ts';
import { signet, startSignet } from '../support/cli.ts';
import type { TestRegistry } from '../support/docker-registry.ts';
import { startEmbeddedRegistry } from '../support/embedded-registry.ts';
import { type KubeApi, loginEntry, pullSecret, serviceAccount, startKubeApi } from '../support/kube-api.ts';
import type { StartedProcess } from '../support/process.ts';
import { tempDir } from '../support/temp.ts';
import { makeKey, ok } from './cli-world.ts';

const dir = tempDir();
let registry: TestRegistry;
let kube: KubeApi;
let server: StartedProcess;
let digest: string;

beforeAll(async () => {
  registry = await startEmbeddedRegistry({ htpasswd: true, token: {} });
  kube = await startKubeApi();
  const login = loginEntry(registry.username ?? '', registry.password ?? '');
  const config = join(dir, 'config.json');
  writeFileSync(config, JSON.stringify({ auths: { [registry.host]: login } }));
  const { key, pub } = await makeKey(join(dir, 'k'));
  copyFileSync(pub, join(dir, 'trusted.pub'));
  await buildImage(await openLayout(join(dir, 'images'), { create: true }), '1.0', 'hello');
  const image = `${registry.host}/team/app:1.0`;
  await ok(['copy', `oci:${join(dir, 'images')}:1.0`, image, '--registry-config', config]);
  await ok(['sign', image, '--key', key, '--registry-config', config]);
  const { stdout } = await signet(['verify', image, '--key', pub, '--output', 'json', '--registry-config', config]);
  digest = JSON.parse(stdout).digest;
  writeFileSync(
    join(dir, 'policy.yaml'),
    `version: 1\ntrust: { release: { keys: [trusted.pub] } }\nrules: [{ images: ["${registry.host}/**"], require: release }]\n`,
  );
  writeFileSync(join(dir, 'none.json'), '{}');
  await kube.put(pullSecret('shop', 'login', { [registry.host]: login }));
  await kube.put(serviceAccount('wiki', 'default', 'login'));
  await kube.put(pullSecret('wiki', 'login', { [registry.host]: login }));
  await kube.put(pullSecret('blog', 'login', { [registry.host]: loginEntry('signet', 'wrong-password') }));
  server = await startSignet(
    ['serve', '--policy', join(dir, 'policy.yaml'), '--port', '0', '--log-level', 'debug', '--verbose'].concat([
      '--pull-secrets',
      '--service-account-dir',
      kube.folder,
      '--registry-config',
      join(dir, 'none.json'),
    ]),
    { ready: /signet serves (https?:\/\/\S+)/, env: kubeEnv() },
  );
});

beforeEach(() => {
  kube.instead = undefined;
  kube.forbidden.clear();
});

afterAll(async () => {
  await server.stop();
  await kube.stop();
  await registry.stop();
});

const kubeEnv = () => ({ KUBERNETES_SERVICE_HOST: kube.host, KUBERNETES_SERVICE_PORT: kube.port });

interface Reviewed {
  readonly allowed: boolean;
  readonly message?: string;
  readonly patch?: unknown;
}

async function review(namespace: string, spec: object = {}, path = '/validate?timeout=5s'): Promise<Reviewed> {
  const { spec: containers, ...rest } = pod(
    `${registry.host}/team/app${path.startsWith('/mutate') ? ':1.0' : `@${digest}`}`,
  );
  const object = { ...rest, spec: { ...(containers as object), ...spec } };
  const body = JSON.stringify(admissionReview(object, { namespace }));
  const response = await fetch(`${server.match[1]}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  const { allowed, status, patch } = (
    (await response.json()) as {
      readonly response: {
        readonly allowed: boolean;
        readonly status?: { readonly message: string };
        readonly patch?: string;
      };
    }
  ).response;
  return {
    allowed,
    ...(status === undefined ? {} : { message: status.message }),
    ...(patch === undefined ? {} : { patch }),
  };
}

const withSecret = { imagePullSecrets: [{ name: 'login' }] };

describe('signet serve --pull-secrets', () => {
  it('verifies a private image with the secret that the pod names, and with that of its service account', async () => {
    expect(await review('shop', withSecret)).toEqual({ allowed: true });
    expect(await review('wiki')).toEqual({ allowed: true });
    expect(await review('shop', withSecret, '/mutate?timeout=5s')).toMatchObject({
      allowed: true,
      patch: expect.any(String),
    });
  });

  it('does so for that namespace alone: nobody else learns whether it is signed, nor its digest', async () => {
    for (const [namespace, spec] of [
      ['shop', {}],
      ['other', withSecret],
      ['blog', withSecret],
    ] as const)
      for (const path of ['/validate?timeout=5s', '/mutate?timeout=5s']) {
        const { allowed, message } = await review(namespace, spec, path);
        expect(allowed).toBe(false);
        expect(message).toContain('undecided (');
        if (path.startsWith('/mutate')) expect(message).not.toContain(digest);
      }
  });

  it('says that the Kubernetes API does not let it read them, and allows nothing', async () => {
    kube.forbidden.add('secrets quiz');
    const { allowed, message } = await review('quiz', withSecret);
    expect(allowed).toBe(false);
    expect(message).toMatch(
      /undecided \(PULL_SECRETS_UNREAD\): the pull secrets of namespace quiz could not be read: .*403/,
    );
  });

  it('answers in time while the Kubernetes API says nothing', async () => {
    kube.instead = () => {};
    const started = performance.now();
    const { allowed, message } = await review('slow', withSecret, '/validate?timeout=2s');
    expect(performance.now() - started).toBeLessThan(2000);
    expect(allowed).toBe(false);
    expect(message).toContain('PULL_SECRETS_UNREAD');
  });

  it('goes on with the next token of its service account', async () => {
    await kube.rotate('the-next-token');
    await kube.put(pullSecret('late', 'login', { [registry.host]: loginEntry('signet', registry.password ?? '') }));
    expect(await review('late', withSecret)).toEqual({ allowed: true });
  });

  it('counts what it asks, and writes nothing of the secrets anywhere', async () => {
    await vi.waitFor(async () => {
      const metrics = await (await fetch(`${server.match[1]}/metrics`)).text();
      expect(metrics).toMatch(/signet_kubernetes_requests_total\{status="200"\} \d/);
      expect(metrics).toMatch(/signet_kubernetes_requests_total\{status="403"\} \d/);
    });
    const output = server.output();
    expect(output).toContain('a pull secret cannot be read');
    const { auth } = loginEntry(registry.username ?? '', registry.password ?? '');
    for (const secret of [registry.password ?? '?', auth, 'wrong-password', 'the-next-token'])
      expect(output).not.toContain(secret);
  });

  it.each<readonly [string, readonly string[], Readonly<Record<string, string>>, RegExp]>([
    ['outside of a pod', ['--pull-secrets'], {}, /error\[USAGE\]: --pull-secrets asks the Kubernetes API/],
    [
      'without an account',
      ['--pull-secrets', '--service-account-dir', dir],
      { KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '443' },
      /error\[CLUSTER_API_FAILED\]: .*token cannot be read/,
    ],
    [
      'with an account that it has no use for',
      ['--service-account-dir', dir],
      {},
      /error\[USAGE\]: --service-account-dir/,
    ],
  ])('does not start %s', async (_what, args, env, message) => {
    const done = await signet(['serve', '--policy', join(dir, 'policy.yaml'), '--port', '0', ...args], { env });
    expect(done).toMatchObject({ code: 2, stderr: expect.stringMatching(message) });
  });
});
