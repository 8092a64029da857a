import { copyFileSync, mkdirSync, readFileSync, renameSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import { join } from 'node:path';
import { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { buildImage } from '../../packages/cli/src/demo/image.ts';
import { openLayout } from '../../packages/oci/src/index.ts';
import { admissionReview, pod } from '../admission/requests.ts';
import { signet, startSignet } from '../support/cli.ts';
import type { TestRegistry } from '../support/docker-registry.ts';
import { startEmbeddedRegistry } from '../support/embedded-registry.ts';
import type { StartedProcess } from '../support/process.ts';
import { tempDir } from '../support/temp.ts';
import { createTestCa, type TestCa } from '../support/tls.ts';
import { makeKey, ok } from './cli-world.ts';

let registry: TestRegistry;
let ca: TestCa;
let pub: string;
let signed: string;

beforeAll(async () => {
  registry = await startEmbeddedRegistry();
  ca = await createTestCa();
  const dir = join(tempDir(), 'images');
  await buildImage(await openLayout(dir, { create: true }), '1.0', 'hello');
  const keys = await makeKey(join(tempDir(), 'k'));
  pub = keys.pub;
  await ok(['copy', `oci:${dir}:1.0`, `${registry.host}/app:1.0`]);
  await ok(['sign', `${registry.host}/app:1.0`, '--key', keys.key]);
  const { stdout } = await signet(['verify', `${registry.host}/app:1.0`, '--key', pub, '--output', 'json']);
  signed = `${registry.host}/app@${JSON.parse(stdout).digest}`;
});

afterAll(async () => {
  await registry.stop();
  await ca.remove();
});

/** A policy that trusts the key for the test's registry, in a folder of its own. */
function policyFile(rule = ''): string {
  const dir = tempDir();
  copyFileSync(pub, join(dir, 'k.pub'));
  const file = join(dir, 'policy.yaml');
  writeFileSync(file, policyText(rule));
  return file;
}

function policyText(rule: string): string {
  return [
    'version: 1',
    'trust: { release: { keys: [k.pub] } }',
    'rules:',
    `  - { name: prod, images: ["${registry.host}/**"], require: release${rule} }`,
    '',
  ].join('\n');
}

interface Served extends StartedProcess {
  readonly url: string;
}

async function serve(...args: readonly string[]): Promise<Served> {
  const started = await startSignet(['serve', '--port', '0', '--log-level', 'debug', ...args], {
    ready: /signet serves (https?:\/\/\S+)/,
  });
  return { ...started, url: started.match[1] ?? '' };
}

interface Asking {
  readonly method?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly socketPath?: string;
  readonly cert?: string;
  readonly key?: string;
}

interface Answered {
  readonly status: number;
  readonly body: { readonly response?: { readonly allowed: boolean; readonly status?: { readonly message: string } } };
  readonly serial?: string;
}

/** One request over a connection of its own. */
function ask(
  url: string,
  { body, headers, socketPath, method = body === undefined ? 'GET' : 'POST', cert, key }: Asking = {},
): Promise<Answered> {
  const agent = url.startsWith('https:')
    ? new Agent({ ca: ca.ca, keepAlive: false, ...(cert === undefined ? {} : { cert, key }) })
    : undefined;
  const send = url.startsWith('https:') ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const options = {
      method,
      headers: { 'content-type': 'application/json', ...headers },
      ...(agent === undefined ? {} : { agent }),
      ...(socketPath === undefined ? {} : { socketPath }),
    };
    const sent = send(url, options, async (response) => {
      const { socket } = response;
      const serial = socket instanceof TLSSocket ? socket.getPeerCertificate().serialNumber : undefined;
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(Buffer.from(chunk));
      const text = Buffer.concat(chunks).toString('utf8');
      const parsed = text.startsWith('{') ? JSON.parse(text) : {};
      resolve({ status: response.statusCode ?? 0, body: parsed, ...(serial === undefined ? {} : { serial }) });
    });
    sent.on('error', reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

const isAllowed = async (url: string, image: string): Promise<boolean | undefined> =>
  (await ask(`${url}/validate`, { body: admissionReview(pod(image)) })).body.response?.allowed;

describe('signet serve', () => {
  it('answers by the policy, over HTTP on this machine and over a unix socket', async () => {
    const socket = join(tempDir(), 'gate.sock');
    const server = await serve('--policy', policyFile(), '--socket', socket);
    expect(await isAllowed(server.url, signed)).toBe(true);
    expect(await isAllowed(server.url, `${registry.host}/app:1.0`)).toBe(false);
    expect(await isAllowed(server.url, 'other.example/app:1')).toBe(false);
    expect(statSync(socket).mode & 0o777).toBe(0o600);
    const answer = await ask('http://signet/v1/verify', { socketPath: socket, body: { images: [signed] } });
    expect(answer).toMatchObject({ status: 200, body: { allowed: true } });
    await server.stop();
  });

  it('reads custom resources where --image-path says that their images are', async () => {
    const app = (image: string) => ({ apiVersion: 'example.com/v1', kind: 'App', metadata: {}, spec: { image } });
    const server = await serve('--policy', policyFile(), '--image-path', 'example.com/*/App=$.spec.image');
    const messageFor = async (object: object): Promise<string | undefined> =>
      (await ask(`${server.url}/validate`, { body: admissionReview(object) })).body.response?.status?.message;
    expect(await messageFor(app(signed))).toBeUndefined();
    expect(await messageFor(app('other.example/app:1'))).toContain('NO_RULE');
    expect(await messageFor({ ...app(signed), kind: 'Stage' })).toContain('kind example.com/v1/Stage is not known');
    await server.stop();
    const refused = await signet(['serve', '--policy', policyFile(), '--image-path', 'App=image']);
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('WORKLOAD_PATH_INVALID') });
  });

  it('takes a changed policy into use, and keeps the one before when the new one is broken', async () => {
    const policy = policyFile();
    const server = await serve('--policy', policy, '--reload', '100ms');
    expect(await isAllowed(server.url, `${registry.host}/app:1.0`)).toBe(false);
    writeFileSync(policy, policyText(', allowUnpinned: true'));
    await vi.waitFor(async () => expect(await isAllowed(server.url, `${registry.host}/app:1.0`)).toBe(true), {
      timeout: 10_000,
    });
    writeFileSync(policy, 'version: 1\nrules: [');
    await vi.waitFor(() => expect(server.output()).toContain('policy is broken: the one before is kept'), {
      timeout: 10_000,
    });
    expect(await isAllowed(server.url, `${registry.host}/app:1.0`)).toBe(true);
    writeFileSync(policy, policyText(''));
    await vi.waitFor(async () => expect(await isAllowed(server.url, `${registry.host}/app:1.0`)).toBe(false), {
      timeout: 10_000,
    });
    await server.stop();
  });

  it('sees a change that a link makes, as volumes of Kubernetes do it', async () => {
    const dir = tempDir();
    for (const [name, rule] of [
      ['one', ''],
      ['two', ', allowUnpinned: true'],
    ] as const) {
      mkdirSync(join(dir, name));
      copyFileSync(pub, join(dir, name, 'k.pub'));
      writeFileSync(join(dir, name, 'policy.yaml'), policyText(rule));
    }
    symlinkSync('one', join(dir, 'data'));
    const server = await serve('--policy', join(dir, 'data/policy.yaml'), '--reload', '100ms');
    expect(await isAllowed(server.url, `${registry.host}/app:1.0`)).toBe(false);
    symlinkSync('two', join(dir, 'next'));
    renameSync(join(dir, 'next'), join(dir, 'data'));
    await vi.waitFor(async () => expect(await isAllowed(server.url, `${registry.host}/app:1.0`)).toBe(true), {
      timeout: 10_000,
    });
    await server.stop();
  });

  it('looks at once when it is told to (SIGHUP)', async () => {
    const policy = policyFile();
    const server = await serve('--policy', policy, '--reload', '1h');
    writeFileSync(policy, policyText(', allowUnpinned: true'));
    server.child.kill('SIGHUP');
    await vi.waitFor(async () => expect(await isAllowed(server.url, `${registry.host}/app:1.0`)).toBe(true), {
      timeout: 10_000,
    });
    await server.stop();
  });

  it('shows a new certificate to new connections, and keeps the old one when the new one is broken', async () => {
    const dir = tempDir();
    const [certFile, keyFile] = [join(dir, 'tls.crt'), join(dir, 'tls.key')];
    const use = async (): Promise<void> => {
      const issued = await ca.issue({ hosts: ['127.0.0.1'] });
      copyFileSync(issued.keyFile, keyFile);
      copyFileSync(issued.certFile, certFile);
    };
    await use();
    const server = await serve(
      '--policy',
      policyFile(),
      '--tls-cert',
      certFile,
      '--tls-key',
      keyFile,
      '--reload',
      '100ms',
    );
    const first = (await ask(`${server.url}/healthz`)).serial;
    expect(first).toBeDefined();
    await use();
    await vi.waitFor(async () => expect((await ask(`${server.url}/healthz`)).serial).not.toBe(first), {
      timeout: 10_000,
    });
    const second = (await ask(`${server.url}/healthz`)).serial;
    writeFileSync(certFile, 'no certificate');
    await vi.waitFor(() => expect(server.output()).toContain('those before are kept'), { timeout: 10_000 });
    expect((await ask(`${server.url}/healthz`)).serial).toBe(second);
    await server.stop();
  });

  it('opens what is not for everybody to a client certificate or a token, off loopback and where one is given', async () => {
    const issued = await ca.issue({ hosts: ['127.0.0.1'] });
    const client = await ca.issue({ client: true, commonName: 'api' });
    const tokens = join(tempDir(), 'tokens');
    writeFileSync(tokens, '# for Prometheus\ncorrect-horse-battery\n');
    const tls = ['--tls-cert', issued.certFile, '--tls-key', issued.keyFile, '--client-ca', ca.caFile];
    const server = await serve('--policy', policyFile(), ...tls, '--token-file', tokens);
    const status = async (asking: Asking) => (await ask(`${server.url}/metrics`, asking)).status;
    expect(await status({})).toBe(401);
    expect(await status({ headers: { authorization: 'Bearer wrong-horse-battery' } })).toBe(401);
    expect(await status({ headers: { authorization: 'Bearer correct-horse-battery' } })).toBe(200);
    expect(await status({ cert: client.cert, key: client.key })).toBe(200);
    expect((await ask(`${server.url}/v1/verify`, { body: { images: [signed] } })).status).toBe(401);
    expect(await isAllowed(server.url, signed)).toBe(true);
    await server.stop();

    const strict = await serve('--policy', policyFile(), ...tls, '--require-client-cert');
    expect((await ask(`${strict.url}/validate`, { body: admissionReview(pod(signed)) })).status).toBe(401);
    const shown = { cert: client.cert, key: client.key };
    expect((await ask(`${strict.url}/validate`, { ...shown, body: admissionReview(pod(signed)) })).status).toBe(200);
    expect((await ask(`${strict.url}/healthz`)).status).toBe(200);
    await strict.stop();
  });

  it('finishes what is in flight when it is told to end, and ends with 0', async () => {
    const server = await serve('--policy', policyFile());
    const answers = Array.from({ length: 20 }, () => isAllowed(server.url, signed));
    await vi.waitFor(() => expect(server.output()).toContain('"endpoint":"validate"'), { timeout: 10_000 });
    server.child.kill('SIGTERM');
    const settled = await Promise.allSettled(answers);
    // Connections that came too late are refused; none is answered wrongly.
    for (const each of settled) if (each.status === 'fulfilled') expect(each.value).toBe(true);
    await vi.waitFor(() => expect(server.child.exitCode).toBe(0), { timeout: 10_000 });
  });

  it('does not start where it would be unsafe or useless', async () => {
    const policy = policyFile();
    const issued = await ca.issue({ hosts: ['127.0.0.1'] });
    const short = join(tempDir(), 'tokens');
    writeFileSync(short, 'short\n');
    const cases: readonly (readonly [readonly string[], RegExp])[] = [
      [[], /error\[USAGE\].*needs a policy/],
      [['--policy', join(tempDir(), 'missing.yaml')], /error\[FILE_UNREADABLE\]/],
      [['--policy', policy, '--host', '0.0.0.0'], /error\[SERVER_INVALID\]/],
      [['--policy', policy, '--tls-cert', issued.certFile], /error\[USAGE\].*belong together/],
      [['--policy', policy, '--client-ca', ca.caFile], /error\[USAGE\]/],
      [['--policy', policy, '--require-client-cert'], /error\[SERVER_INVALID\]/],
      [['--policy', policy, '--token-file', short], /error\[FILE_UNREADABLE\].*token 1/],
      [['--policy', policy, '--port', new URL(`http://${registry.host}`).port], /error\[PORT_UNAVAILABLE\]/],
    ];
    for (const [args, stderr] of cases)
      expect(await signet(['serve', '--port', '0', ...args])).toMatchObject({
        code: 2,
        stderr: expect.stringMatching(stderr),
      });
    expect(readFileSync(policy, 'utf8')).toContain('prod');
  });
});
