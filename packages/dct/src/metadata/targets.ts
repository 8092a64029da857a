import * as v from 'valibot';
import { dctLimits } from '../limits.ts';
import { type FileMeta, fileMetaSchema } from './hashes.ts';
import { parseKeys, type TrustKey } from './keys.ts';
import { count, keyIds, malformed, members, membersOf, name, readAs, shown } from './reading.ts';
import { type DelegatedRole, isDelegation, parentOf } from './roles.ts';
import { checkKeysKnown } from './root.ts';
import { parseSigned, type SignedFile } from './signed.ts';

/** What a role signs: targets by name (for images: tags), and the roles below it. */
export interface Targets extends SignedFile {
  readonly role: string;
  readonly targets: ReadonlyMap<string, FileMeta>;
  readonly keys: ReadonlyMap<string, TrustKey>;
  /** Each name once, in the file's order: the first counts, as in Notary. */
  readonly delegations: readonly DelegatedRole[];
}

const roleSchema = v.object({
  keyids: keyIds,
  threshold: count,
  name,
  paths: v.nullish(v.pipe(v.array(v.pipe(v.string(), v.maxLength(1024))), v.maxLength(dctLimits.maxRoles))),
});
const targetsSchema = v.object({
  targets: v.nullish(members),
  delegations: v.nullish(
    v.object({
      keys: v.nullish(members),
      roles: v.nullish(v.pipe(v.array(roleSchema), v.maxLength(dctLimits.maxRoles))),
    }),
  ),
});

/** `targets` or a delegation. Rule: Notary, tuf/data/targets.go isValidTargetsStructure. @throws {DctError} DCT_MALFORMED, DCT_TOO_LARGE */
export function parseTargets(bytes: Uint8Array, role: string): Targets {
  const file = parseSigned(bytes, 'Targets', role);
  const { targets, delegations } = readAs(targetsSchema, file.signed, role);
  const keys = parseKeys(delegations?.keys, `${role}, delegations`);
  const roles = new Map<string, DelegatedRole>();
  for (const { name: child, keyids, threshold, paths } of delegations?.roles ?? []) {
    if (!isDelegation(child) || parentOf(child) !== role) throw malformed(`${role} delegates to ${shown(child)}`);
    checkKeysKnown(keyids, keys, `${role}, delegation ${child}`);
    if (!roles.has(child)) roles.set(child, { name: child, keyIds: keyids, threshold, paths: paths ?? [] });
  }
  const entries = membersOf(targets, dctLimits.maxTargets, `${role}, targets`);
  return {
    ...file,
    role,
    targets: new Map(
      entries.map(([tag, value]) => [tag, readAs(fileMetaSchema, value, `${role}, target ${shown(tag)}`)]),
    ),
    keys,
    delegations: [...roles.values()],
  };
}
