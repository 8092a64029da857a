import { readdirSync, readFileSync } from 'node:fs';
import * as appsV1 from 'kubernetes-models/apps/v1';
import * as autoscalingV1 from 'kubernetes-models/autoscaling/v1';
import * as batchV1 from 'kubernetes-models/batch/v1';
import * as policyV1 from 'kubernetes-models/policy/v1';
import * as v1 from 'kubernetes-models/v1';
import { describe, expect, it } from 'vitest';

/** Kubernetes' own kinds by `apiVersion/kind`, each checked by the JSON Schema of the Kubernetes API. */
const groups: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  v1,
  'apps/v1': appsV1,
  'autoscaling/v1': autoscalingV1,
  'batch/v1': batchV1,
  'policy/v1': policyV1,
};
/** Whose schemas are not Kubernetes' own, and what is no stored object. */
const others = /^(?:argoproj\.io|serving\.knative\.dev|tekton\.dev|example\.(?:com|org))\/|^v1\/PodExecOptions$/;

interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly items?: readonly KubernetesObject[];
}

type Model = new (object: object) => { validate(): void };

/** @throws what the schema says against it */
function check(object: KubernetesObject): void {
  const { apiVersion, kind, items = [] } = object;
  if (kind === 'List') {
    for (const item of items) check(item);
    return;
  }
  const model = groups[apiVersion]?.[kind];
  if (typeof model !== 'function') throw new Error(`no schema of ${apiVersion}/${kind}`);
  new (model as Model)(object).validate();
}

const objects = ['validate', 'mutate'].flatMap((folder) =>
  readdirSync(new URL(folder, import.meta.url)).flatMap((file) => {
    const { request } = JSON.parse(readFileSync(new URL(`${folder}/${file}`, import.meta.url), 'utf8'));
    const all: readonly (KubernetesObject | null)[] = [request.object, request.oldObject];
    return all.flatMap((object) => (object === null ? [] : [[`${folder}/${file}`, object] as const]));
  }),
);
const own = objects.filter(([, { apiVersion, kind }]) => !others.test(`${apiVersion}/${kind}`));

describe('the objects of the corpus', () => {
  it.each(own)('%s is valid by the schemas of the Kubernetes API', (_file, object) => check(object));

  it('are of every workload kind', () => {
    const kinds = new Set(own.map(([, { kind }]) => kind));
    for (const kind of ['Pod', 'Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet', 'Job', 'CronJob'])
      expect(kinds).toContain(kind);
    for (const kind of ['ReplicationController', 'PodTemplate', 'List', 'PodList']) expect(kinds).toContain(kind);
  });

  it('would not be, with one member of the wrong type', () => {
    const pod = own.find(([, { kind }]) => kind === 'Pod')?.[1];
    expect(() =>
      check({ ...pod, apiVersion: 'v1', kind: 'Pod', spec: { containers: 'web' } } as KubernetesObject),
    ).toThrow('containers must be array');
    expect(() => check({ apiVersion: 'v1', kind: 'Nothing' })).toThrow('no schema of v1/Nothing');
  });
});
