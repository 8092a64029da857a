import type { TrustData } from '@signet/dct';
import { escapeForTerminal } from '@signet/verifier';
import type { Style } from '../style.ts';
import type { ImportedTag } from './import-tag.ts';
import type { ReadData } from './read.ts';
import { shortName, signersOf } from './roles.ts';

/** What was read, before its tags. Ends with a line end. */
export function headText({ data: { gun, tags, root }, place }: ReadData, style: Style): string {
  const keys = root.keys.map(({ id }) => id).join(', ');
  return [
    `${style.strong(escapeForTerminal(gun))}  ${tags.length} tags in Docker Content Trust, ${escapeForTerminal(place)}`,
    `  root  version ${root.version}, key ${keys}: ${trustText(root)}`,
    '',
  ].join('\n');
}

/** One tag in a line. Ends with a line end. */
export function tagText(imported: ImportedTag, width: number, style: Style): string {
  const { trusted } = imported;
  const by = `by ${signersOf(trusted).join(', ')}`;
  return `  ${trusted.tag.padEnd(width)}  ${trusted.digest}  ${outcomeText(imported, style)}  ${escapeForTerminal(by)}\n`;
}

/** What else is to be known of the data: one remark each. */
export function remarksOf({
  root,
  expired,
  missing,
  delegations,
  tags,
  unreleased,
  otherTargets,
}: TrustData): readonly string[] {
  const hidden = tags.filter((tag) => tag.hidden !== undefined).map(({ tag }) => tag);
  return [
    ...(root.trustedBy === 'firstUse'
      ? [
          'the root is trusted on first use: compare its key with what docker trust inspect prints elsewhere, or name it with --root-key',
        ]
      : []),
    ...expired.map(({ what, expiresMs }) => `${what} expired on ${new Date(expiresMs).toISOString()}`),
    ...missing.map((role) => `${role}.json is not there: nothing proves that the rest is the newest`),
    ...delegations.flatMap(({ name, state, message }) =>
      state === 'refused' ? [`what ${shortName(name)} signed does not count: ${message ?? state}`] : [],
    ),
    ...(hidden.length === 0
      ? []
      : [
          `other images were once signed with the repository key for: ${hidden.join(', ')} (docker pull takes those of releases)`,
        ]),
    ...unreleased.map(
      ({ tag, signers }) =>
        `${tag} is not released: signed by ${signers.map(({ role }) => shortName(role)).join(', ')} alone, docker pull does not take it`,
    ),
    ...(otherTargets.length === 0 ? [] : [`${otherTargets.length} signed names are no tags: left out`]),
  ];
}

function trustText({ trustedBy, pinnedVersion, version }: TrustData['root']): string {
  if (trustedBy === 'firstUse') return 'trusted on first use';
  const what = trustedBy === 'keys' ? 'the key that was named' : 'the root of the folder';
  return pinnedVersion === version ? `by ${what}` : `by ${what}, from version ${pinnedVersion} on`;
}

function outcomeText(imported: ImportedTag, style: Style): string {
  switch (imported.outcome) {
    case 'signed':
      return style.good('signed');
    case 'signed-before':
      return style.doubt('signed before');
    case 'accepted':
      return style.good('accepted');
    case 'missing':
      return style.bad('not in the registry');
    case 'differs':
      return `${style.bad('differs')}: the registry has ${imported.found.digest} (${imported.found.size} bytes, signed: ${imported.trusted.length})`;
    case 'failed':
      return style.bad('failed');
  }
}
