import { compare, parse } from 'semver';

/** Whether a version is one of Semantic Versioning 2.0, in its one spelling (no `v` before it). Rule: wire-formats 9.5, 4. */
export function isPluginVersion(version: string): boolean {
  return /^\d/.test(version) && version.length <= 256 && parse(version) !== null && version.trim() === version;
}

/**
 * Below 0 where the first is older, 0 for equal ones, above 0 where it is newer; undefined where one of them is no version. Builds count
 * as equal. Rule: Semantic Versioning 2.0, 11.
 */
export function comparePluginVersions(one: string, other: string): number | undefined {
  return isPluginVersion(one) && isPluginVersion(other) ? compare(one, other) : undefined;
}
