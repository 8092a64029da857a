import { createGathering } from './gathering.ts';
import type { NamedImage, NamedProblem } from './inventory.ts';
import { type CustomPaths, createKindTable } from './kubernetes/kind-table.ts';
import { readObject } from './kubernetes/object.ts';
import { defaultWorkloadLimits, type WorkloadLimits } from './limits.ts';
import { plainTree } from './tree/plain-tree.ts';
import { createBudget } from './tree/tree.ts';

/** The images of a parsed Kubernetes object; their paths say where they stand. */
export interface ObjectImages {
  readonly images: readonly NamedImage[];
  readonly problems: readonly NamedProblem[];
}

/**
 * All images that a parsed Kubernetes object names, as {@link readImages} finds them in its text.
 * @throws {WorkloadError} WORKLOAD_TOO_LARGE, WORKLOAD_PATH_INVALID
 */
export function imagesOfObject(
  object: unknown,
  options: { readonly customPaths?: CustomPaths; readonly limits?: Partial<WorkloadLimits> } = {},
): ObjectImages {
  const limits = { ...defaultWorkloadLimits, ...options.limits };
  const gathering = createGathering('the object', limits);
  const tree = plainTree(object, createBudget(limits, 'the object'));
  readObject(tree, { gathering, kinds: createKindTable(options.customPaths) });
  return { images: gathering.images, problems: gathering.problems };
}
