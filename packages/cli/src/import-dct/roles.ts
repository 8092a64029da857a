import type { TrustData, TrustedTag } from '@signet/dct';
import { CliError } from '../errors.ts';

/** The tags that one of these roles signed, all where none is named. @throws {CliError} USAGE for a role that there is not */
export function tagsOfRoles(
  { tags, delegations }: Pick<TrustData, 'tags' | 'delegations'>,
  wanted: readonly string[] | undefined,
): readonly TrustedTag[] {
  if (wanted === undefined) return tags;
  const known = ['targets', ...delegations.map(({ name }) => name)];
  const roles = new Set(wanted.map(fullName));
  const unknown = [...roles].find((role) => !known.includes(role));
  if (unknown !== undefined)
    throw new CliError('USAGE', `--role ${shortName(unknown)}: there is no such role here`, {
      hint: `there are: ${known.map(shortName).join(', ')}`,
    });
  return tags.filter(({ role, signers }) =>
    [role, ...signers.map((signer) => signer.role)].some((each) => roles.has(each)),
  );
}

/** `alice` for `targets/alice`, as Docker shows it. */
export function shortName(role: string): string {
  return role.replace(/^targets\//, '');
}

/** Who signed a tag, in Docker's words: the signers, or the role where there are none. */
export function signersOf({ role, signers }: Pick<TrustedTag, 'role' | 'signers'>): readonly string[] {
  return signers.length === 0 ? [shortName(role)] : signers.map((signer) => shortName(signer.role));
}

function fullName(role: string): string {
  return role === 'targets' || role.startsWith('targets/') ? role : `targets/${role}`;
}
