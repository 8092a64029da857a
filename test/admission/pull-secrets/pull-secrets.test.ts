import { parseRegistryReference } from '@signet/oci';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  AdmissionError,
  createPullSecrets,
  type FoundLogins,
  type PullSecrets,
} from '../../../packages/admission/src/index.ts';
import type { KubeObject } from '../../deploy/rendered.ts';
import { loginEntry, pullSecret, serviceAccount } from '../../support/kube-api.ts';

const second = 1000;
let objects: Map<string, KubeObject>;
/** What was read, in order. */
let read: string[];
let failing: string | undefined;
let failures: object[];
let nowMs: number;
let secrets: PullSecrets;

beforeEach(() => {
  [objects, read, failing, failures, nowMs] = [new Map(), [], undefined, [], 1_000_000];
  secrets = createPullSecrets({
    api: {
      async get(path) {
        const [, namespace, kind, name] = /^\/api\/v1\/namespaces\/([^/]+)\/([^/]+)\/([^/]+)$/.exec(path) ?? [];
        read.push(`${kind} ${namespace}/${name}`);
        if (failing !== undefined) throw new AdmissionError('CLUSTER_API_FAILED', failing);
        return objects.get(`${kind} ${namespace}/${name}`);
      },
    },
    now: () => nowMs,
    onFailed: (what) => failures.push(what),
  });
});

function put(object: KubeObject): void {
  const { namespace, name } = object.metadata;
  objects.set(`${object.kind.toLowerCase()}s ${namespace}/${name}`, object);
}

const podWith = (...names: readonly string[]) => ({
  spec: { imagePullSecrets: names.map((name) => ({ name })), serviceAccountName: 'web' },
});

async function find(
  image = 'r.example/team/app:1',
  object: unknown = podWith('one'),
  namespace = 'shop',
): Promise<FoundLogins> {
  return await secrets.loginsOf({ namespace, object }).find(parseRegistryReference(image));
}

const usersOf = ({ logins }: FoundLogins) =>
  logins.map(({ credential }) => (credential.kind === 'basic' ? credential.username : credential.kind));

describe('pull secrets', () => {
  it('are those that the pod names, then those of its service account', async () => {
    put(pullSecret('shop', 'one', { 'r.example': loginEntry('of-the-pod', 'p') }));
    put(pullSecret('shop', 'two', { 'r.example': loginEntry('of-the-account', 'p') }));
    put(serviceAccount('shop', 'web', 'two'));
    expect(usersOf(await find())).toEqual(['of-the-pod', 'of-the-account']);
  });

  it('are of one namespace: another has its own of the same name', async () => {
    put(pullSecret('shop', 'one', { 'r.example': loginEntry('shop', 'p') }));
    put(pullSecret('blog', 'one', { 'r.example': loginEntry('blog', 'p') }));
    expect(usersOf(await find())).toEqual(['shop']);
    expect(usersOf(await find(undefined, undefined, 'blog'))).toEqual(['blog']);
    expect(usersOf(await find(undefined, undefined, 'empty'))).toEqual([]);
  });

  it('give logins for the registries that they name, the longest path first, and for no others', async () => {
    const auths = { 'r.example': loginEntry('whole', 'p'), 'r.example/team': loginEntry('team', 'p') };
    put(pullSecret('shop', 'one', auths));
    expect(usersOf(await find('r.example/team/app:1'))).toEqual(['team']);
    expect(usersOf(await find('r.example/other:1'))).toEqual(['whole']);
    for (const image of ['evil.example/app', 'r.example.evil.example/app', 'r.example:5000/app', 'xr.example/app'])
      expect((await find(image)).logins, image).toEqual([]);
  });

  it('have equal names where they are equal, so that who has the same login shares what is kept', async () => {
    put(pullSecret('shop', 'one', { 'r.example': loginEntry('u', 'p') }));
    put(pullSecret('blog', 'one', { 'r.example': loginEntry('u', 'p') }));
    put(pullSecret('wiki', 'one', { 'r.example': loginEntry('u', 'other') }));
    const ids = await Promise.all(
      ['shop', 'blog', 'wiki'].map(async (namespace) => (await find(undefined, undefined, namespace)).logins[0]?.id),
    );
    expect(ids[0]).toBe(ids[1]);
    expect(ids[0]).not.toBe(ids[2]);
  });

  it('are passed over where they are not there, as the kubelet does, or where an entry is damaged', async () => {
    put(pullSecret('shop', 'two', { 'r.example': { auth: 'damaged' } }));
    put(pullSecret('shop', 'three', { 'r.example': loginEntry('u', 'p') }));
    const found = await find(undefined, podWith('one', 'two', 'three'));
    expect(usersOf(found)).toEqual(['u']);
    expect(found.unread).toBeUndefined();
  });

  it('are read once for all who ask at the same time, and not again for a minute', async () => {
    put(pullSecret('shop', 'one', { 'r.example': loginEntry('u', 'p') }));
    put(serviceAccount('shop', 'web'));
    await Promise.all(Array.from({ length: 50 }, () => find()));
    expect(read.sort()).toEqual(['secrets shop/one', 'serviceaccounts shop/web']);
    nowMs += 59 * second;
    expect(
      secrets.loginsOf({ namespace: 'shop', object: podWith('one') }).find(parseRegistryReference('r.example/app')),
    ).not.toBeInstanceOf(Promise);
    put(pullSecret('shop', 'one', { 'r.example': loginEntry('changed', 'p') }));
    nowMs += second;
    expect(usersOf(await find())).toEqual(['changed']);
  });

  it('that are not there are looked for again after five seconds: somebody may just be making them', async () => {
    expect(usersOf(await find())).toEqual([]);
    put(pullSecret('shop', 'one', { 'r.example': loginEntry('u', 'p') }));
    nowMs += 4 * second;
    expect(usersOf(await find())).toEqual([]);
    nowMs += second;
    expect(usersOf(await find())).toEqual(['u']);
  });

  it('cost little time, whatever a namespace puts into its own', async () => {
    const auths = Object.fromEntries(
      Array.from({ length: 100 }, (_, at) => [`${'*.'.repeat(20)}r${at}.example`, loginEntry('u', 'p')]),
    );
    const names = Array.from({ length: 10 }, (_, at) => `s${at}`);
    for (const name of names) put(pullSecret('shop', name, auths));
    const logins = secrets.loginsOf({ namespace: 'shop', object: podWith(...names) });
    await logins.find(parseRegistryReference('r.example/app'));
    const started = process.cpuUsage();
    for (let at = 0; at < 256; at += 1) logins.find(parseRegistryReference(`r.example/app${at}`));
    // One review asks for so many images at most.
    expect(process.cpuUsage(started).user / 1000).toBeLessThan(2000);
  });

  it('that cannot be read are told, and tried again after five seconds', async () => {
    put(pullSecret('shop', 'one', { 'r.example': loginEntry('u', 'p') }));
    failing = 'the Kubernetes API answers 403';
    expect(await find()).toEqual({
      logins: [],
      unread: 'the pull secrets of namespace shop could not be read: the Kubernetes API answers 403',
    });
    expect(failures).toContainEqual({
      namespace: 'shop',
      name: 'secrets/one',
      reason: 'the Kubernetes API answers 403',
    });
    failing = undefined;
    nowMs += 4 * second;
    expect((await find()).unread).toBeDefined();
    nowMs += second;
    expect(usersOf(await find())).toEqual(['u']);
  });

  it('that can be read count although another cannot', async () => {
    put(pullSecret('shop', 'one', { 'r.example': loginEntry('u', 'p') }));
    objects.set('secrets shop/two', { ...pullSecret('shop', 'two', {}), kind: 'ConfigMap' });
    const found = await find(undefined, podWith('two', 'one'));
    expect(usersOf(found)).toEqual(['u']);
    expect(found.unread).toContain('no Secret');
  });

  it('are not read for what is no name of a namespace', async () => {
    for (const namespace of ['', '../kube-system', 'a/b', 'A', 'a.b', 'a?'])
      expect(await find(undefined, undefined, namespace)).toEqual({ logins: [] });
    expect(read).toEqual([]);
  });

  it('are not read before somebody wants a login', () => {
    secrets.loginsOf({ namespace: 'shop', object: podWith('one') });
    expect(read).toEqual([]);
  });
});
