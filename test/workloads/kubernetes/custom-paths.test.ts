import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { errorOf, pathsOf, problemsOf } from '../read-text.ts';

const object = (spec: string, head = 'apiVersion: example.com/v1\nkind: App'): string => `${head}\nspec: ${spec}\n`;
const at = (...paths: readonly string[]): object => ({ customPaths: { 'example.com/v1/App': paths } });

describe('paths to the images of a kind', () => {
  it.each<readonly [string, string, string, readonly string[]]>([
    ['an image', '$.spec.image', '{image: a}', ['spec.image a']],
    [
      'a pod spec',
      '$.spec.template',
      '{template: {containers: [{image: a}]}}',
      ['spec.template.containers[0].image a'],
    ],
    [
      'containers, one by one',
      '$.spec.parts[*]',
      '{parts: [{image: a}, {image: b}]}',
      ['spec.parts[0].image a', 'spec.parts[1].image b'],
    ],
    [
      'containers, as a list',
      '$.spec.parts',
      '{parts: [{image: a}, {image: b}]}',
      ['spec.parts[0].image a', 'spec.parts[1].image b'],
    ],
    [
      'every member',
      '$.spec.parts.*.image',
      '{parts: {x: {image: a}, y: {image: b}}}',
      ['spec.parts.x.image a', 'spec.parts.y.image b'],
    ],
    ['an index', '$.spec.parts[1]', '{parts: [a, b]}', ['spec.parts[1] b']],
    ['names with odd characters', `$['spec']["a.b/c"]`, '{a.b/c: a}', ['spec["a.b/c"] a']],
    [
      'anywhere',
      '$..runImage',
      '{runImage: a, x: [{y: {runImage: b}}]}',
      ['spec.runImage a', 'spec.x[0].y.runImage b'],
    ],
    ['nothing there', '$.spec.image', '{}', []],
  ])('%s', (_what, path, spec, wanted) => {
    expect(pathsOf(object(spec), at(path))).toEqual(wanted);
    expect(problemsOf(object(spec), at(path))).toEqual([]);
  });

  it('a value of another shape is told', () => {
    expect(problemsOf(object('{image: 1}'), at('$.spec.image'))).toEqual(['SHAPE_WRONG unread 3:15 spec.image']);
  });

  it('no paths: the kind holds no images', () => {
    expect(problemsOf(object('{image: a}'))).toEqual(['KIND_UNKNOWN unread 3:15 spec.image']);
    expect(problemsOf(object('{image: a}'), at())).toEqual([]);
  });

  it('exact version before any version, before what is built in', () => {
    const rollout = object('{image: a, other: b}', 'apiVersion: argoproj.io/v1alpha1\nkind: Rollout');
    const any = { 'argoproj.io/*/Rollout': ['$.spec.image'] };
    expect(pathsOf(rollout)).toEqual([]);
    expect(pathsOf(rollout, { customPaths: any })).toEqual(['spec.image a']);
    expect(pathsOf(rollout, { customPaths: { ...any, 'argoproj.io/v1alpha1/Rollout': ['$.spec.other'] } })).toEqual([
      'spec.other b',
    ]);
    expect(
      pathsOf(object('{image: a}', 'apiVersion: v1\nkind: Thing'), { customPaths: { '*/Thing': ['$.spec.image'] } }),
    ).toEqual(['spec.image a']);
  });

  it.each([
    '',
    'spec.image',
    '$spec',
    '$.',
    '$.a[',
    '$.a[01]',
    '$.a[?(@.b)]',
    '$.a[1:2]',
    "$['a'",
    '$.a b',
    `$${'.a'.repeat(40)}`,
  ])('no path: %j', (path) => {
    expect(errorOf('a: 1', at(path))).toBe('WORKLOAD_PATH_INVALID');
  });

  it.each(['App', 'v1/app', 'example.com/App', 'a/b/v1/App', 'Example.com/v1/App'])('no kind: %j', (kind) => {
    expect(errorOf('a: 1', { customPaths: { [kind]: ['$.a'] } })).toBe('WORKLOAD_PATH_INVALID');
  });

  it('any text is a path or refused', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('$', '.', '[', ']', "'", '"', '*', 'a', '0', ' ') }), (path) => {
        expect(errorOf('apiVersion: example.com/v1\nkind: App\n', at(path))).toMatch(
          /^(?:no error|WORKLOAD_PATH_INVALID)$/,
        );
      }),
    );
  });
});

describe('kinds that are not known', () => {
  it.each([
    ['containers', '{x: {containers: [{image: a}]}}', 'KIND_UNKNOWN unread 3:24 spec.x.containers'],
    ['an image', '{agent: {image: a}}', 'KIND_UNKNOWN unread 3:23 spec.agent.image'],
    ['an image by another name', '{proxyImage: a}', 'KIND_UNKNOWN unread 3:20 spec.proxyImage'],
    ['a repository and a tag', '{image: {repository: a, tag: b}}', 'KIND_UNKNOWN unread 3:15 spec.image'],
    ['an address', '{url: "docker://a"}', 'KIND_UNKNOWN unread 3:13 spec.url'],
  ])('with %s are told', (_what, spec, problem) => {
    expect(problemsOf(object(spec))).toEqual([problem]);
  });

  it('without, and what Kubernetes says about itself, are not', () => {
    expect(problemsOf(`${object('{replicas: 1}')}status: {image: a}\n`)).toEqual([]);
    expect(problemsOf('apiVersion: v1\nkind: ConfigMap\ndata: {image: a}\n')).toEqual([]);
    expect(problemsOf('apiVersion: kyverno.io/v1\nkind: ClusterPolicy\nspec: {image: a}\n')).toEqual([]);
  });

  it('groups of add-ons that look like Kubernetes’ own are', () => {
    expect(problemsOf(object('{image: a}', 'apiVersion: sparkoperator.k8s.io/v1\nkind: SparkApplication'))).toEqual([
      'KIND_UNKNOWN unread 3:15 spec.image',
    ]);
  });
});

describe('custom resources that are known', () => {
  it.each([
    [
      'tekton.dev/v1',
      'Task',
      '{steps: [{image: a}], sidecars: [{image: b}], stepTemplate: {image: c}}',
      ['spec.steps[0].image a', 'spec.sidecars[0].image b', 'spec.stepTemplate.image c'],
    ],
    [
      'tekton.dev/v1',
      'Pipeline',
      '{tasks: [{taskSpec: {steps: [{image: a}]}}], finally: [{taskSpec: {steps: [{image: b}]}}]}',
      ['spec.tasks[0].taskSpec.steps[0].image a', 'spec.finally[0].taskSpec.steps[0].image b'],
    ],
    [
      'argoproj.io/v1alpha1',
      'Workflow',
      '{templates: [{container: {image: a}}, {script: {image: b}}]}',
      ['spec.templates[0].container.image a', 'spec.templates[1].script.image b'],
    ],
    [
      'kubevirt.io/v1',
      'VirtualMachine',
      '{template: {spec: {volumes: [{containerDisk: {image: a}}]}}}',
      ['spec.template.spec.volumes[0].containerDisk.image a'],
    ],
    [
      'monitoring.coreos.com/v1',
      'Prometheus',
      '{image: a, containers: [{name: x, image: b}]}',
      ['spec.image a', 'spec.containers[0].image b'],
    ],
    [
      'batch.volcano.sh/v1alpha1',
      'Job',
      '{tasks: [{template: {spec: {containers: [{image: a}]}}}]}',
      ['spec.tasks[0].template.spec.containers[0].image a'],
    ],
  ])('%s %s', (apiVersion, kind, spec, wanted) => {
    expect(pathsOf(object(spec, `apiVersion: ${apiVersion}\nkind: ${kind}`))).toEqual(wanted);
  });
});
