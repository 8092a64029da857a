import { DctError, type DctErrorCode } from '../errors.ts';
import { dctLimits } from '../limits.ts';
import type { TrustKey } from '../metadata/keys.ts';
import type { DelegatedRole } from '../metadata/roles.ts';
import type { Snapshot } from '../metadata/snapshot.ts';
import { parseTargets, type Targets } from '../metadata/targets.ts';
import { readStated, type Steps } from './current.ts';
import type { TrustedRoot } from './root.ts';
import { checkSigned } from './signers.ts';

/** A role that was read: what it says, and which keys signed that. */
export interface SignedRole {
  readonly role: DelegatedRole;
  readonly keys: ReadonlyMap<string, TrustKey>;
  readonly targets: Targets;
  readonly signers: readonly TrustKey[];
}

/** A role that is delegated to, and says nothing that counts. */
export interface SilentRole {
  readonly role: DelegatedRole;
  readonly keys: ReadonlyMap<string, TrustKey>;
  /** `empty`: it has not signed anything yet. `missing`: its file is not there. `refused`: its file does not count, as `code` says. */
  readonly state: 'empty' | 'missing' | 'refused';
  readonly code?: DctErrorCode;
  readonly message?: string;
}

/** The roles of a repository, each after the one that delegates to it. */
export interface Roles {
  readonly signed: ReadonlyMap<string, SignedRole>;
  readonly silent: readonly SilentRole[];
}

/**
 * `targets` and all delegations that it leads to. As in Notary, a delegation that is not signed as it should be, or expired, says nothing, and the
 * others count all the same; that of `targets` is an error. Rule: Notary, client/tufclient.go downloadTargets.
 * @throws {DctError} DCT_FILE_MISSING, DCT_NOT_SIGNED, DCT_EXPIRED, DCT_MISMATCH, DCT_MALFORMED, DCT_TOO_LARGE
 */
export async function readRoles({ root }: TrustedRoot, snapshot: Snapshot | undefined, steps: Steps): Promise<Roles> {
  const signed = new Map<string, SignedRole>();
  const silent: SilentRole[] = [];
  const top: DelegatedRole = { ...root.roles.targets, name: 'targets', paths: [''] };
  const waiting: Named[] = [{ role: top, keys: root.keys }];
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const read = await readRole(next, snapshot, steps);
    if (!('targets' in read)) {
      silent.push(read);
      continue;
    }
    const { role, targets } = read;
    signed.set(role.name, read);
    waiting.push(...targets.delegations.map((child) => ({ role: restricted(child, role), keys: targets.keys })));
    if (signed.size + silent.length + waiting.length > dctLimits.maxDelegations)
      throw new DctError('DCT_TOO_LARGE', `more than ${dctLimits.maxDelegations} delegations`);
  }
  return { signed, silent };
}

type Named = Pick<SignedRole, 'role' | 'keys'>;

async function readRole(named: Named, snapshot: Snapshot | undefined, steps: Steps): Promise<SignedRole | SilentRole> {
  const { name } = named.role;
  const isTop = name === 'targets';
  const meta = snapshot?.files.get(name);
  if (snapshot !== undefined && meta === undefined) return { ...named, state: 'empty' };
  const bytes = await readStated(name, meta, steps);
  if (bytes === undefined && isTop) throw steps.reader.missing({ role: name });
  if (bytes === undefined) return { ...named, state: 'missing' };
  const targets = parseTargets(bytes, name);
  try {
    const signers = checkSigned(targets, named.role, named.keys);
    steps.freshness.check(targets);
    return { ...named, targets, signers };
  } catch (error) {
    if (isTop || !(error instanceof DctError)) throw error;
    return { ...named, state: 'refused', code: error.code, message: error.message };
  }
}

/** What a delegation may sign is also bounded by what its parent may. Rule: Notary, tuf/data/roles.go RestrictDelegationPathPrefixes. */
function restricted(child: DelegatedRole, parent: DelegatedRole): DelegatedRole {
  return { ...child, paths: child.paths.filter((path) => parent.paths.some((allowed) => path.startsWith(allowed))) };
}
