import { PolicyError } from '@signet/verifier';
import type { PolicyInput } from '../model.ts';
import { type Cursor, readDocuments } from '../reading.ts';

/** The objects of Kubernetes manifests, lists opened. @throws {PolicyError} POLICY_INVALID where there is none */
export function readObjects(inputs: readonly PolicyInput[]): readonly Cursor[] {
  const objects = inputs.flatMap(readDocuments).flatMap(openList);
  const [first] = inputs;
  if (objects.length === 0)
    throw new PolicyError('POLICY_INVALID', 'no object of Kubernetes is in it', {
      place: { file: first?.file ?? '-', line: 1, column: 1 },
    });
  return objects;
}

/** The kind of an object, such as `ClusterPolicy`. @throws {PolicyError} POLICY_INVALID where it has none */
export function kindOf(object: Cursor): string {
  return object.needField('kind').text();
}

/** `metadata.name`. @throws {PolicyError} POLICY_INVALID */
export function nameOf(object: Cursor): string {
  return object.needField('metadata').needField('name').text();
}

function openList(object: Cursor): readonly Cursor[] {
  return kindOf(object).endsWith('List') ? object.needField('items').items() : [object];
}
