import * as v from 'valibot';
import { parseKeys, type TrustKey } from './keys.ts';
import { count, keyIds, malformed, members, readAs } from './reading.ts';
import { type BaseRole, baseRoles, type RoleKeys } from './roles.ts';
import { parseSigned, type SignedFile } from './signed.ts';

/** A root: all keys, and which of them each role has. */
export interface Root extends SignedFile {
  readonly keys: ReadonlyMap<string, TrustKey>;
  readonly roles: Readonly<Record<BaseRole, RoleKeys>>;
}

const roleSchema = v.object({ keyids: keyIds, threshold: count });
const rootSchema = v.object({
  keys: members,
  roles: v.object({ root: roleSchema, targets: roleSchema, snapshot: roleSchema, timestamp: roleSchema }),
});

/** Rule: Notary, tuf/data/root.go isValidRootStructure. @throws {DctError} DCT_MALFORMED, DCT_TOO_LARGE */
export function parseRoot(bytes: Uint8Array, what = 'root'): Root {
  const file = parseSigned(bytes, 'Root', what);
  const body = readAs(rootSchema, file.signed, what);
  const keys = parseKeys(body.keys, what);
  const roleOf = (role: BaseRole): RoleKeys => {
    const { keyids, threshold } = body.roles[role];
    checkKeysKnown(keyids, keys, `${what}, role ${role}`);
    return { keyIds: keyids, threshold };
  };
  const [root, targets, snapshot, timestamp] = baseRoles.map(roleOf) as [RoleKeys, RoleKeys, RoleKeys, RoleKeys];
  return { ...file, keys, roles: { root, targets, snapshot, timestamp } };
}

/** @throws {DctError} DCT_MALFORMED for an id without a key */
export function checkKeysKnown(ids: readonly string[], keys: ReadonlyMap<string, TrustKey>, what: string): void {
  const unknown = ids.find((id) => !keys.has(id));
  if (unknown !== undefined) throw malformed(`${what} names the key ${unknown.slice(0, 80)}, which is not there`);
}
