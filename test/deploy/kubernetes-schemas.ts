import * as certManager from '@kubernetes-models/cert-manager/cert-manager.io/v1';
import * as monitoring from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1';
import * as admission from 'kubernetes-models/admissionregistration.k8s.io/v1';
import * as apps from 'kubernetes-models/apps/v1';
import * as networking from 'kubernetes-models/networking.k8s.io/v1';
import * as policy from 'kubernetes-models/policy/v1';
import * as core from 'kubernetes-models/v1';
import { HarnessError } from '../support/harness-error.ts';
import type { KubeObject } from './rendered.ts';

type Model = new (data: never) => { validate(): void };

/** By apiVersion, the classes of that group by kind: generated from Kubernetes' OpenAPI document and the CRDs' schemas. */
const groups: Readonly<Record<string, object>> = {
  v1: core,
  'apps/v1': apps,
  'policy/v1': policy,
  'networking.k8s.io/v1': networking,
  'admissionregistration.k8s.io/v1': admission,
  'cert-manager.io/v1': certManager,
  'monitoring.coreos.com/v1': monitoring,
};

/** Why an object is not valid by its published schema; nothing where it is. @throws {HarnessError} for a kind without one */
export function schemaFault(object: KubeObject): string | undefined {
  const Class = Object.entries(groups[object.apiVersion] ?? {}).find(([name]) => name === object.kind)?.[1];
  if (typeof Class !== 'function') throw new HarnessError(`no schema for ${object.apiVersion} ${object.kind}`);
  try {
    new (Class as Model)(object as never).validate();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
