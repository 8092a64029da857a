import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request as plainRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { hash } from 'bcryptjs';
import { HarnessError } from './harness-error.ts';
import { needPeer } from './peer-paths.ts';
import { runOk, startProcess } from './process.ts';
import { createTestCa, type TestCa } from './tls.ts';

/** A registry that a test may talk to. `host` is `127.0.0.1:PORT`; `caFile` and `ca` are there with TLS, the credentials with htpasswd. */
export interface TestRegistry {
  readonly host: string;
  readonly url: string;
  readonly caFile?: string;
  readonly ca?: string;
  readonly username?: string;
  readonly password?: string;
  /** docker-registry alone: deletes manifests without a tag (`garbage-collect -m`), signatures among them. */
  readonly collectGarbage?: () => Promise<void>;
  /** Kills the server and removes its storage. */
  stop(): Promise<void>;
}

/** `tls` makes a CA of its own; `htpasswd` asks for Basic credentials; `proxyFor` makes it a pull-through cache of that URL; `notify` gets its events. */
export interface DockerRegistryOptions {
  readonly tls?: boolean;
  readonly htpasswd?: boolean;
  readonly proxyFor?: string;
  readonly notify?: { readonly url: string; readonly authorization: string };
}

const username = 'signet';
const password = 'correct horse battery';

/**
 * Starts docker-registry 2.8.3 (no referrers API; deletion on) on a free loopback port, in a temporary folder, and waits until it answers.
 * @throws {HarnessError} when it is not installed or does not come up.
 */
export async function startDockerRegistry(options: DockerRegistryOptions = {}): Promise<TestRegistry> {
  const program = needPeer('docker-registry');
  const dir = await mkdtemp(join(tmpdir(), 'signet-docker-registry-'));
  const ca = options.tls === true ? await createTestCa() : undefined;
  const config = join(dir, 'config.yml');
  await writeFile(config, JSON.stringify(await configuration(dir, options, ca)));
  const server = await startProcess(program, ['serve', config], { ready: /listening on (127\.0\.0\.1:\d+)/, cwd: dir });
  const host = server.match[1] ?? '';
  const stop = async (): Promise<void> => {
    await server.stop();
    await rm(dir, { recursive: true, force: true, maxRetries: 3 });
    await ca?.remove();
  };
  const url = `${ca === undefined ? 'http' : 'https'}://${host}`;
  await untilAnswering(`${url}/v2/`, ca?.ca).catch(async (cause: unknown) => {
    await stop();
    throw cause;
  });
  return {
    host,
    url,
    ...(ca === undefined ? {} : { caFile: ca.caFile, ca: ca.ca }),
    ...(options.htpasswd === true ? { username, password } : {}),
    collectGarbage: async () => void (await runOk(program, ['garbage-collect', '-m', config], { cwd: dir })),
    stop,
  };
}

/** Waits until an HTTP(S) address answers with any status. @throws {HarnessError} after 10 s of silence. */
export async function untilAnswering(url: string, ca?: string): Promise<void> {
  const until = Date.now() + 10_000;
  while (Date.now() < until) {
    if (await answers(url, ca)) return;
    await sleep(20);
  }
  throw new HarnessError(`${url} does not answer`);
}

function answers(url: string, ca: string | undefined): Promise<boolean> {
  return new Promise((resolve) => {
    const options = { agent: false, timeout: 2000, ...(ca === undefined ? {} : { ca }) };
    const request = (url.startsWith('https:') ? tlsRequest : plainRequest)(url, options, (response) => {
      response.resume();
      resolve(true);
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(false));
    request.end();
  });
}

/** The configuration as JSON, which is YAML too. */
async function configuration(dir: string, options: DockerRegistryOptions, ca: TestCa | undefined): Promise<object> {
  const certificate = await ca?.issue();
  const htpasswd = join(dir, 'htpasswd');
  if (options.htpasswd === true) await writeFile(htpasswd, `${username}:${await hash(password, 4)}\n`);
  return {
    version: 0.1,
    log: { level: 'info', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(dir, 'data') }, delete: { enabled: true } },
    http: {
      addr: '127.0.0.1:0',
      secret: 'only for tests',
      ...(certificate === undefined ? {} : { tls: { certificate: certificate.certFile, key: certificate.keyFile } }),
    },
    ...(options.htpasswd === true ? { auth: { htpasswd: { realm: 'signet tests', path: htpasswd } } } : {}),
    ...(options.notify === undefined ? {} : { notifications: { endpoints: [endpoint(options.notify)] } }),
    ...(options.proxyFor === undefined ? {} : { proxy: { remoteurl: options.proxyFor } }),
  };
}

function endpoint({ url, authorization }: NonNullable<DockerRegistryOptions['notify']>): object {
  return {
    name: 'signet',
    url,
    headers: { Authorization: [authorization] },
    timeout: '5s',
    threshold: 3,
    backoff: '1s',
  };
}
