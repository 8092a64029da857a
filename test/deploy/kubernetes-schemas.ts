import { HarnessError } from '../support/harness-error.ts';
import type { KubeObject } from './rendered.ts';

type Model = new (data: KubeObject) => { validate(): void };

/** Packages of classes generated from the published schemas of custom resources, by group; the others are Kubernetes' own. */
const packages: Readonly<Record<string, string>> = {
  'cert-manager.io': '@kubernetes-models/cert-manager',
  'monitoring.coreos.com': '@kubernetes-models/prometheus-operator',
};

/** Why an object is not valid by its published schema; nothing where it is. @throws {HarnessError} for a kind without one */
export async function schemaFault(object: KubeObject): Promise<string | undefined> {
  const { apiVersion, kind } = object;
  const models = packages[apiVersion.split('/')[0] ?? ''] ?? 'kubernetes-models';
  const { [kind]: Class }: Readonly<Record<string, Model | undefined>> = await import(`${models}/${apiVersion}`);
  if (Class === undefined) throw new HarnessError(`no schema for ${apiVersion} ${kind}`);
  try {
    new Class(object).validate();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
