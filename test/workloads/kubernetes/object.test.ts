import { imagesOfObject } from '@signet/workloads';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { pathsOf, problemsOf, readText } from '../read-text.ts';

const podSpec = {
  initContainers: [{ name: 'i', image: 'init:1' }],
  containers: [
    { name: 'a', image: 'a:1' },
    { name: 'b', image: 'reg.example.com:5000/b@sha256:'.padEnd(30 + 64, '0') },
  ],
  ephemeralContainers: [{ name: 'e', image: 'debug:1' }],
  volumes: [
    { name: 'v', image: { reference: 'data:1', pullPolicy: 'Always' } },
    { name: 'c', configMap: { name: 'x' } },
  ],
};
const kinds: readonly (readonly [string, string, string])[] = [
  ['v1', 'Pod', 'spec'],
  ['v1', 'ReplicationController', 'spec.template.spec'],
  ['v1', 'PodTemplate', 'template.spec'],
  ['apps/v1', 'Deployment', 'spec.template.spec'],
  ['apps/v1beta2', 'ReplicaSet', 'spec.template.spec'],
  ['apps/v1', 'StatefulSet', 'spec.template.spec'],
  ['apps/v1', 'DaemonSet', 'spec.template.spec'],
  ['extensions/v1beta1', 'Deployment', 'spec.template.spec'],
  ['batch/v1', 'Job', 'spec.template.spec'],
  ['batch/v1beta1', 'CronJob', 'spec.jobTemplate.spec.template.spec'],
  ['argoproj.io/v1alpha1', 'Rollout', 'spec.template.spec'],
  ['serving.knative.dev/v1', 'Service', 'spec.template.spec'],
  ['serving.knative.dev/v1', 'Revision', 'spec'],
  ['keda.sh/v1alpha1', 'ScaledJob', 'spec.jobTargetRef.template.spec'],
  ['apps.openshift.io/v1', 'DeploymentConfig', 'spec.template.spec'],
  ['apps.kruise.io/v1alpha1', 'CloneSet', 'spec.template.spec'],
];

describe('kinds with a pod spec', () => {
  it.each(kinds)('%s %s: all containers and image volumes at %s', (apiVersion, kind, at) => {
    const object = under(at, podSpec, { apiVersion, kind, metadata: { name: 'n', namespace: 's' } });
    const { images, problems } = readText(stringify(object));
    expect(problems).toEqual([]);
    expect(images.map(({ path, role, container }) => [path.slice(at.length + 1), role, container])).toEqual([
      ['initContainers[0].image', 'init-container', 'i'],
      ['containers[0].image', 'container', 'a'],
      ['containers[1].image', 'container', 'b'],
      ['ephemeralContainers[0].image', 'ephemeral-container', 'e'],
      ['volumes[0].image.reference', 'image-volume', 'v'],
    ]);
    expect(images[0]?.object).toEqual({ apiVersion, kind, name: 'n', namespace: 's' });
    expect(imagesOfObject(object).images).toEqual(images.map(({ place: _place, pin: _pin, ...image }) => image));
  });

  it('the same kind of another group is another kind', () => {
    const text = stringify(under('spec.template.spec', podSpec, { apiVersion: 'example.com/v1', kind: 'Deployment' }));
    expect(pathsOf(text)).toEqual([]);
    expect(problemsOf(text)).toEqual(['KIND_UNKNOWN unread 7:9 spec.template.spec.initContainers']);
  });
});

describe('lists', () => {
  const pod = (name: string): object => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: { containers: [{ name: 'c', image: name }] },
  });

  it('of any kinds, nested', () => {
    const list = {
      apiVersion: 'v1',
      kind: 'List',
      items: [pod('a'), { apiVersion: 'v1', kind: 'List', items: [pod('b')] }],
    };
    expect(pathsOf(JSON.stringify(list))).toEqual([
      'items[0].spec.containers[0].image a',
      'items[1].items[0].spec.containers[0].image b',
    ]);
  });

  it('of one kind, whose items need not say it', () => {
    const { apiVersion: _a, kind: _k, ...item } = pod('a') as Record<string, unknown>;
    const { images } = readText(JSON.stringify({ apiVersion: 'v1', kind: 'PodList', items: [item] }));
    expect(images[0]?.object).toEqual({ apiVersion: 'v1', kind: 'Pod', name: 'a' });
  });

  it('an item of no kind is not passed over', () => {
    const { apiVersion: _a, kind: _k, ...item } = pod('a') as Record<string, unknown>;
    expect(problemsOf(JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [item] }))).toEqual([
      expect.stringMatching(/^KIND_UNKNOWN unread 1:\d+ items\[0\]\.spec\.containers$/),
    ]);
  });
});

describe('what is told instead of an image', () => {
  const pod = (container: string): string => `apiVersion: v1\nkind: Pod\nspec:\n  containers:\n    - ${container}\n`;
  it.each([
    ['a number', 'image: 1234', 'SHAPE_WRONG unread 5:14 spec.containers[0].image'],
    ['a map', 'image: {repository: x}', 'SHAPE_WRONG unread 5:14 spec.containers[0].image'],
    [
      'text by a tag that only some readers know',
      'image: !!binary YXBwOjE=',
      'SHAPE_WRONG unread 5:23 spec.containers[0].image',
    ],
    ['no image', 'name: x', 'IMAGE_MISSING unread 5:7 spec.containers[0]'],
    ['an empty image', 'image: ""', 'IMAGE_MISSING unread 5:14 spec.containers[0]'],
    ['no reference', 'image: "a b"', 'IMAGE_INVALID unread 5:14 spec.containers[0].image'],
    ['a reference with an upper-case letter', 'image: App:1', 'IMAGE_INVALID unread 5:14 spec.containers[0].image'],
    ['a variable', 'image: app:$(params.tag)', 'IMAGE_VARIABLE unread 5:14 spec.containers[0].image'],
    ['a list in place of a container', '[a]', 'SHAPE_WRONG unread 5:7 spec.containers[0]'],
  ])('%s', (_what, container, problem) => {
    expect(pathsOf(pod(container))).toEqual([]);
    expect(problemsOf(pod(container))).toEqual([problem]);
  });

  it('a map where the list of containers belongs', () => {
    expect(problemsOf('apiVersion: v1\nkind: Pod\nspec:\n  containers: {image: a}\n')).toEqual([
      'SHAPE_WRONG unread 4:15 spec.containers',
    ]);
  });

  it('oci:1 is an image of Docker Hub, never a folder', () => {
    expect(readText(pod('image: oci:1')).images[0]?.reference).toMatchObject({
      kind: 'registry',
      repository: 'library/oci',
    });
  });
});

describe('Helm', () => {
  it('the template of each document, and the hook', () => {
    const text = `---
# Source: app/templates/job.yaml
apiVersion: batch/v1
kind: Job
metadata:
  name: migrate
  annotations:
    helm.sh/hook: pre-install,pre-upgrade
spec: {template: {spec: {containers: [{name: m, image: "app:1"}]}}}
---
# Source: app/templates/empty.yaml
---
apiVersion: v1
kind: Pod
spec: {containers: [{name: p, image: "app:2"}]}
`;
    const [job, pod] = readText(text).images;
    expect(job).toMatchObject({ origin: 'app/templates/job.yaml', object: { hook: 'pre-install,pre-upgrade' } });
    expect(pod).not.toHaveProperty('origin');
  });
});

/** `inner` at a path of keys, with further members beside the first. */
function under(path: string, inner: object, beside: object): object {
  const nested = path.split('.').reduceRight<unknown>((value, key) => ({ [key]: value }), inner);
  return { ...beside, ...(nested as object) };
}
