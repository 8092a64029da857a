import { WorkloadError } from '../errors.ts';
import { type JsonPath, parseJsonPath } from './json-path.ts';
import { isImagelessGroup, knownKinds } from './kinds.ts';

/** Paths by `apiVersion/Kind` (`argoproj.io/v1alpha1/Rollout`, `v1/Pod`; `*` for any version). No path: the kind holds no images. */
export type CustomPaths = Readonly<Record<string, readonly string[]>>;

/** Where the kinds hold their images. */
export interface KindTable {
  /** Undefined for a kind that nobody told about. */
  readonly pathsOf: (apiVersion: string, kind: string) => readonly JsonPath[] | undefined;
}

/** The built-in kinds, and those of the caller, which win. @throws {WorkloadError} WORKLOAD_PATH_INVALID */
export function createKindTable(customPaths: CustomPaths = {}): KindTable {
  const custom = new Map(
    Object.entries(customPaths).map(([key, paths]) => [checkedKey(key), paths.map(parseJsonPath)]),
  );
  return {
    pathsOf(apiVersion, kind) {
      const group = groupOf(apiVersion);
      const anyVersion = group === '' ? `*/${kind}` : `${group}/*/${kind}`;
      return (
        custom.get(`${apiVersion}/${kind}`) ??
        custom.get(anyVersion) ??
        known.get(`${group}/${kind}`) ??
        (apiVersion !== '' && kind !== '' && isImagelessGroup(group) ? [] : undefined)
      );
    },
  };
}

/** @throws {WorkloadError} WORKLOAD_PATH_INVALID, as reading an input with these paths would */
export function checkCustomPaths(customPaths: CustomPaths): void {
  createKindTable(customPaths);
}

const known: ReadonlyMap<string, readonly JsonPath[]> = new Map(
  knownKinds.map(({ group, kind, paths }) => [`${group}/${kind}`, paths.map(parseJsonPath)]),
);

function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf('/');
  return slash === -1 ? '' : apiVersion.slice(0, slash);
}

function checkedKey(key: string): string {
  if (/^(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?\/)?(?:v[a-z0-9]+|\*)\/[A-Z][A-Za-z0-9]*$/.test(key)) return key;
  throw new WorkloadError(
    'WORKLOAD_PATH_INVALID',
    `not a kind: ${JSON.stringify(key.slice(0, 200))}: GROUP/VERSION/Kind is wanted, with * for any version`,
  );
}
