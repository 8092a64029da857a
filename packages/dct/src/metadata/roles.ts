/** The roles that a root names keys for. */
export const baseRoles = ['root', 'targets', 'snapshot', 'timestamp'] as const;

export type BaseRole = (typeof baseRoles)[number];

/** What `docker pull` reads before `targets` where it exists. */
export const RELEASES_ROLE = 'targets/releases';

/** Keys and how many of them have to sign. */
export interface RoleKeys {
  readonly keyIds: readonly string[];
  readonly threshold: number;
}

/** A delegation as its parent states it. */
export interface DelegatedRole extends RoleKeys {
  readonly name: string;
  /** Beginnings of the target names that it may sign; `''` allows all. */
  readonly paths: readonly string[];
}

/** `targets/NAME`, nested with more slashes. Rule: Notary, tuf/data/roles.go IsDelegation. */
export function isDelegation(role: string): boolean {
  return role.length < 256 && /^targets(?:\/[-a-z0-9_]+)+$/.test(role);
}

/** The role that states this delegation: `targets/a` for `targets/a/b`. */
export function parentOf(role: string): string {
  return role.slice(0, role.lastIndexOf('/'));
}
