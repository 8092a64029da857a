import { type Identity, signerId } from '../finding.ts';
import { meets, type Requirement } from './requirement.ts';
import { trusts } from './source.ts';

/** Whether these signers together satisfy the requirement, in whatever format they signed. */
export function isMetBy(requirement: Requirement, signers: readonly Identity[]): boolean {
  return meets(requirement, (source) => new Set(signers.filter((each) => trusts(source, each)).map(signerId)));
}
