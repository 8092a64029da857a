import { formatReference, parseRegistryReference } from '@signet/oci';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type Context, onRun } from '../command.ts';
import { CliError } from '../errors.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { addNotes } from '../notes.ts';
import { addNoticeOptions, type NoticeFlags } from '../tags/notice-flags.ts';

interface RevokeFlags extends NoticeFlags {
  readonly reason: string;
}

/** `signet tags revoke` */
export function defineRevoke(command: Command, context: Context): void {
  command
    .description(
      'Revokes a digest for good: no tag of the repository may be that image again, whoever signs it. What is revoked stays so.',
    )
    .argument('<reference>', 'REGISTRY/REPOSITORY@DIGEST')
    .addOption(
      new Option('--reason <text>', 'why, at most 80 bytes; everybody can read it')
        .argParser(parseReason)
        .makeOptionMandatory(),
    );
  addNotes(
    command,
    `Who may revoke says the policy's rule for the digest without a tag. A tag that is this image now is denied until it is signed anew as another.
Exit code 1: the policy does not know the key. Exit code 3: recorded, not yet published.

Example:
  signet tags revoke --policy policy.yaml --key release.key --catalogue-key publisher.key --reason CVE-2026-1 registry.example.com/shop/api@sha256:…`,
  );
  addNoticeOptions(command);
  onRun<RevokeFlags>(command, context, ([text = ''], flags, io) => revoke(text, flags, io));
}

/** For commander: throws its own error. */
function parseReason(text: string): string {
  const bytes = Buffer.byteLength(text);
  if (bytes > 0 && bytes <= 80) return text;
  throw new InvalidArgumentError('a reason has 1 to 80 bytes');
}

async function revoke(text: string, flags: RevokeFlags, io: Io): Promise<ExitCode> {
  const { tag, digest, ...repository } = parseRegistryReference(text);
  if (digest === undefined || tag !== undefined)
    throw new CliError(
      'USAGE',
      `a digest is wanted: REGISTRY/REPOSITORY@DIGEST, not ${JSON.stringify(text.slice(0, 200))}`,
    );
  const [{ giveNotice }, { checkKnown }, { signRevocation }] = await Promise.all([
    import('../tags/give-notice.ts'),
    import('../tags/knows-key.ts'),
    import('@signet/signed-tags'),
  ]);
  const { reason } = flags;
  return await giveNotice(
    formatReference(repository),
    {
      what: `revoke ${digest}: ${reason}`,
      async prepare(collection, tagsNow, signer) {
        const { name } = collection;
        checkKnown(`${name}@${digest}`, collection.rulingOfDigest(digest), signer.publicKey);
        if (tagsNow.revoked.has(digest)) return undefined;
        return async (signal) => {
          const said = { collection: name, digest, reason, signedAtMs: Date.now() };
          return { kind: 'revoke', digest, notices: [await signRevocation(said, [signer], signal)] };
        };
      },
    },
    { flags, io },
  );
}
