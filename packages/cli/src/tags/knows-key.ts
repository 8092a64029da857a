import type { PublicKey } from '@signet/core';
import { TagsError } from '@signet/signed-tags';
import { type Ruling, sourcesOf } from '@signet/verifier';

/**
 * Before anything is signed that could never count. `what`: of which the ruling is. Without a key: that there is a rule at all.
 * @throws {TagsError} OPERATION_REFUSED
 */
export function checkKnown(what: string, { rule, refuse }: Ruling, key: Pick<PublicKey, 'id'> | undefined): void {
  if (rule === undefined) throw new TagsError('OPERATION_REFUSED', `${what}: no rule of the policy is for it`);
  if (key === undefined) return;
  const { id } = key;
  const isKnown = sourcesOf(rule.require).some(({ keys }) => keys.some((each) => each.id === id));
  if (isKnown && !refuse.keyIds.has(id)) return;
  throw new TagsError('OPERATION_REFUSED', `${what}: the policy's rule does not know the key that signs`);
}
