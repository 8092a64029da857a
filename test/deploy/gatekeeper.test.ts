import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { toRatifyValue } from '../../packages/admission/src/gatekeeper/ratify-value.ts';
import type { Outcome } from '../../packages/admission/src/review/outcome.ts';
import { knownKinds } from '../../packages/workloads/src/kubernetes/kinds.ts';
import { root } from '../../scripts/project.ts';
import { type KubeObject, objectsOf, oneOf } from './rendered.ts';

const read = (name: string): readonly KubeObject[] =>
  objectsOf(readFileSync(join(root, 'deploy/gatekeeper', name), 'utf8'));
const template = oneOf(read('constraint-template.yaml'), 'ConstraintTemplate');
const constraint = oneOf(read('constraint.yaml'), 'SignetVerification');
const providers = read('provider.yaml');
const assigns = read('assign.yaml');
const rego: string = template.spec.targets[0].rego;

describe('the constraint template', () => {
  it('makes the kind that the constraint is of, with the name that Gatekeeper asks for', () => {
    expect(template.spec.crd.spec.names.kind).toBe(constraint.kind);
    expect(template.metadata.name).toBe(constraint.kind.toLowerCase());
    expect(rego).toMatch(/^package signetverification$/m);
  });

  it('asks a provider that there is', () => {
    const asked = /external_data\(\{"provider": "([\w-]+)"/.exec(rego)?.[1];
    expect(providers.map(({ metadata }) => metadata.name)).toContain(asked);
  });

  it('reads fields that an answer has', () => {
    const outcome: Outcome = {
      isAllowed: false,
      isUnpinned: false,
      verdict: 'denied',
      code: 'NO_SIGNATURE',
      why: 'no signature',
    } as Outcome;
    const value = toRatifyValue('r.example/a:1', outcome, { atMs: 0, traceId: 't' });
    const fields = [...rego.matchAll(/\bvalue\.(\w+)(?:\[_\]\.(\w+))?/g)];
    expect(fields.length).toBeGreaterThan(1);
    for (const [, field = '', inner] of fields) {
      expect(Object.keys(value)).toContain(field);
      if (inner !== undefined) expect(Object.keys(value.verifierReports[0] ?? {})).toContain(inner);
    }
  });

  it('takes images from wherever a pod has them', () => {
    expect([...rego.matchAll(/image := pod\.(\S+)/g)].map(([, path]) => path)).toEqual([
      'containers[_].image',
      'initContainers[_].image',
      'ephemeralContainers[_].image',
      'volumes[_].image.reference',
    ]);
  });
});

describe('the constraint', () => {
  it("refuses, for every kind of Kubernetes' own that has images", () => {
    expect(constraint.spec.enforcementAction).toBe('deny');
    const asked = constraint.spec.match.kinds.flatMap((each: { apiGroups: string[]; kinds: string[] }) =>
      each.apiGroups.flatMap((group) => each.kinds.map((kind) => `${group}/${kind}`)),
    );
    // EphemeralContainers is no object of its own, but what a sub-resource of pods took before Kubernetes 1.22, which Gatekeeper does not match.
    const own = knownKinds.filter(
      ({ group, kind }) => ['', 'apps', 'batch'].includes(group) && kind !== 'EphemeralContainers',
    );
    expect(own.map(({ group, kind }) => `${group}/${kind}`).filter((each) => !asked.includes(each))).toEqual([]);
  });
});

describe('the mutations', () => {
  it('take the digest from a provider that there is, and fail where it does not answer', () => {
    for (const { spec } of assigns) {
      expect(spec.parameters.assign.externalData).toMatchObject({
        dataSource: 'ValueAtLocation',
        failurePolicy: 'Fail',
      });
      expect(providers.map(({ metadata }) => metadata.name)).toContain(spec.parameters.assign.externalData.provider);
    }
    expect(assigns.map(({ spec }) => spec.location)).toEqual([
      'spec.containers[name:*].image',
      'spec.initContainers[name:*].image',
      'spec.ephemeralContainers[name:*].image',
    ]);
  });

  it('ask at the paths that the server has', () => {
    expect(providers.map(({ spec }) => new URL(spec.url).pathname)).toEqual([
      '/gatekeeper/verify',
      '/gatekeeper/mutate',
    ]);
  });
});
