import { mkdtemp, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { schemaFault } from '../deploy/kubernetes-schemas.ts';
import type { KubeObject } from '../deploy/rendered.ts';
import { HarnessError } from './harness-error.ts';
import { startHostileRegistry } from './hostile-registry.ts';
import { createTestCa } from './tls.ts';

/**
 * Stands in for a kube-apiserver: HTTPS, bearer tokens, `get` of the objects that it was given, RBAC by namespace. No archive that tests may
 * use has the real one. What it holds and what it answers is valid by the schemas of the Kubernetes API.
 */
export interface KubeApi {
  /** For KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT. */
  readonly host: string;
  readonly port: string;
  /** A folder as the kubelet makes it for the service account: token, ca.crt. */
  readonly folder: string;
  /** `GET PATH` of what was asked, with a good token. */
  readonly asked: readonly string[];
  /** @throws {HarnessError} for an object that is not valid by its schema */
  put(object: KubeObject): Promise<void>;
  remove(kind: 'secrets' | 'serviceaccounts', namespace: string, name: string): void;
  /** What the server's account may not get: `secrets`, or `secrets shop` in one namespace. */
  readonly forbidden: Set<string>;
  /** From now on this token alone is good; it is written to the folder unless `unwritten`. */
  rotate(token: string, options?: { readonly unwritten?: boolean }): Promise<void>;
  /** Answers in place of the API, for what a test does to it. */
  instead?: ((response: ServerResponse) => void) | undefined;
  stop(): Promise<void>;
}

/** Starts it on a free loopback port. */
export async function startKubeApi(): Promise<KubeApi> {
  const ca = await createTestCa('kubernetes');
  const folder = await mkdtemp(join(tmpdir(), 'signet-kube-api-'));
  const objects = new Map<string, KubeObject>();
  const asked: string[] = [];
  const forbidden = new Set<string>();
  let token = 'a-token-of-the-service-account';
  await writeFile(join(folder, 'token'), token);
  await writeFile(join(folder, 'ca.crt'), ca.ca);
  const server = await startHostileRegistry(
    ({ method, url, headers }, response) => {
      if (headers.authorization !== `Bearer ${token}`) return status(response, 401, 'Unauthorized', 'Unauthorized');
      asked.push(`${method} ${url}`);
      if (api.instead !== undefined) return api.instead(response);
      const [, namespace = '', resource = '', name = ''] =
        /^\/api\/v1\/namespaces\/([^/?]+)\/([a-z]+)\/([^/?]+)$/.exec(url) ?? [];
      if (method !== 'GET' || name === '') return status(response, 404, 'NotFound', 'not found');
      if (forbidden.has(resource) || forbidden.has(`${resource} ${namespace}`))
        return status(response, 403, 'Forbidden', `${resource} "${name}" is forbidden`);
      const object = objects.get(`${namespace}/${resource}/${name}`);
      if (object === undefined) return status(response, 404, 'NotFound', `${resource} "${name}" not found`);
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(object));
    },
    await ca.issue({ hosts: ['127.0.0.1'] }),
  );
  const [host = '', port = ''] = server.host.split(':');
  const api: KubeApi = {
    host,
    port,
    folder,
    asked,
    forbidden,
    async put(object) {
      const fault = await schemaFault(object);
      if (fault !== undefined) throw new HarnessError(`${object.kind}: ${fault}`);
      const { namespace = '', name } = object.metadata;
      objects.set(`${namespace}/${object.kind.toLowerCase()}s/${name}`, object);
    },
    remove: (kind, namespace, name) => void objects.delete(`${namespace}/${kind}/${name}`),
    async rotate(next, { unwritten = false } = {}) {
      token = next;
      if (!unwritten) await writeFile(join(folder, 'token'), `${next}\n`);
    },
    async stop() {
      await server.stop();
      await ca.remove();
    },
  };
  return api;
}

function status(response: ServerResponse, code: number, reason: string, message: string): void {
  const body = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code };
  response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** A pull secret as `kubectl create secret docker-registry` makes it. */
export function pullSecret(namespace: string, name: string, auths: object): KubeObject {
  const config = Buffer.from(JSON.stringify({ auths })).toString('base64');
  return secret(namespace, name, 'kubernetes.io/dockerconfigjson', { '.dockerconfigjson': config });
}

/** Any secret; the values are base64. */
export function secret(
  namespace: string,
  name: string,
  type: string,
  data: Readonly<Record<string, string>>,
): KubeObject {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace }, type, data };
}

/** A service account that names pull secrets. */
export function serviceAccount(namespace: string, name: string, ...secrets: readonly string[]): KubeObject {
  const imagePullSecrets = secrets.map((each) => ({ name: each }));
  return { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace }, imagePullSecrets };
}

/** An entry of `auths`. */
export function loginEntry(username: string, password: string): { readonly auth: string } {
  return { auth: Buffer.from(`${username}:${password}`).toString('base64') };
}
