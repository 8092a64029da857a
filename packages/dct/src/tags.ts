import { type Digest, isTag, parseDigest } from '@signet/oci';
import type { FileMeta } from './metadata/hashes.ts';
import { type DelegatedRole, RELEASES_ROLE } from './metadata/roles.ts';
import type { Roles, SignedRole } from './verify/targets.ts';

/** What one role signed a tag for. */
export interface SignedTarget {
  /** `targets`, `targets/releases`, `targets/alice`. */
  readonly role: string;
  readonly digest: Digest;
  /** Bytes of the manifest. */
  readonly length: number;
  /** Canonical ids of the keys that signed the role's file. */
  readonly keyIds: readonly string[];
}

/** What a tag is, as `docker pull` with content trust takes it, and who says so. */
export interface TrustedTag extends SignedTarget {
  readonly tag: string;
  /** The delegations that say the same: with `docker trust sign`, one for each signer. */
  readonly signers: readonly SignedTarget[];
  /** Of `targets`, where `targets/releases` says something else: what nobody pulls, but `docker trust inspect` lists. */
  readonly hidden?: SignedTarget;
}

/** A tag that delegations alone name: `docker pull` does not take it. */
export interface UnreleasedTag {
  readonly tag: string;
  readonly signers: readonly SignedTarget[];
}

/** All tags in their order, and the names of targets that are no tags. */
export interface Tags {
  readonly tags: readonly TrustedTag[];
  readonly unreleased: readonly UnreleasedTag[];
  readonly otherTargets: readonly string[];
}

/**
 * `targets/releases` comes before `targets`; a tag that is first found in another delegation below them is not released.
 * Rule: docker pull (cli/command/image/trust.go) and Notary, client/reader.go GetTargetByName.
 */
export function tagsOf(roles: Roles): Tags {
  const all = [...roles.signed.values()];
  const names = new Set(all.flatMap(({ targets }) => [...targets.targets.keys()]));
  const tags: TrustedTag[] = [];
  const unreleased: UnreleasedTag[] = [];
  for (const tag of [...names].filter(isTag).sort()) {
    const found = findReleased(tag, roles);
    const signers = all.filter(({ role }) => !isReleasing(role)).flatMap((role) => targetIn(role, tag) ?? []);
    if (found === undefined && signers.length > 0) unreleased.push({ tag, signers });
    if (found === undefined) continue;
    const same = signers.filter(({ digest }) => digest === found.digest);
    tags.push({ tag, ...found, signers: same, ...hiddenBehind(found, tag, roles) });
  }
  return { tags, unreleased, otherTargets: [...names].filter((name) => !isTag(name)).sort() };
}

function findReleased(tag: string, roles: Roles): SignedTarget | undefined {
  for (const start of [RELEASES_ROLE, 'targets']) {
    const role = firstWith(tag, start, roles);
    // Found below another role: docker looks no further, and refuses it.
    if (role !== undefined) return isReleasing(role.role) ? targetIn(role, tag) : undefined;
  }
  return undefined;
}

/** The first role with this target in the tree below `start`, level by level; the other way in is left out. Rule: Notary, tuf/tuf.go WalkTargets. */
function firstWith(tag: string, start: string, { signed }: Roles): SignedRole | undefined {
  const waiting = [start];
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
    const role = signed.get(name);
    const isOther = name !== start && name === RELEASES_ROLE;
    if (role === undefined || isOther || !mayName(role.role, tag)) continue;
    if (role.targets.targets.has(tag)) return role;
    waiting.push(...role.targets.delegations.map((child) => child.name));
  }
  return undefined;
}

function hiddenBehind(found: SignedTarget, tag: string, { signed }: Roles): { readonly hidden?: SignedTarget } {
  const top = found.role === RELEASES_ROLE ? signed.get('targets') : undefined;
  const target = top === undefined ? undefined : targetIn(top, tag);
  return target === undefined || target.digest === found.digest ? {} : { hidden: target };
}

function targetIn({ role, targets, signers }: SignedRole, tag: string): SignedTarget | undefined {
  const meta = mayName(role, tag) ? targets.targets.get(tag) : undefined;
  if (meta === undefined) return undefined;
  const keyIds = signers.map(({ canonicalId }) => canonicalId).sort();
  return { role: role.name, digest: digestIn(meta), length: meta.length, keyIds };
}

function isReleasing({ name }: DelegatedRole): boolean {
  return name === 'targets' || name === RELEASES_ROLE;
}

function mayName({ paths }: DelegatedRole, tag: string): boolean {
  return paths.some((path) => tag.startsWith(path));
}

function digestIn({ sha256 }: FileMeta): Digest {
  return parseDigest(`sha256:${Buffer.from(sha256).toString('hex')}`);
}
