import { formatReference, parseRegistryReference } from '@signet/oci';
import type { Command } from 'commander';
import { type Context, onRun } from '../command.ts';
import { CliError } from '../errors.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { addNotes } from '../notes.ts';
import { addNoticeOptions, type NoticeFlags } from '../tags/notice-flags.ts';

/** `signet tags remove` */
export function defineRemove(command: Command, context: Context): void {
  command
    .description(
      'Takes a tag out of the catalogue, by a removal that is signed as the tag is: it is denied from then on. The registry keeps its own tag and the image.',
    )
    .argument('<reference>', 'REGISTRY/REPOSITORY:TAG');
  addNotes(
    command,
    `Signing the tag anew brings it back. Exit code 1: the catalogue does not have the tag, or the policy does not know the key.
Exit code 3: recorded, not yet published.

Example:
  signet tags remove --policy policy.yaml --key release.key --catalogue-key publisher.key registry.example.com/shop/api:1.0`,
  );
  addNoticeOptions(command);
  onRun<NoticeFlags>(command, context, ([text = ''], flags, io) => remove(text, flags, io));
}

async function remove(text: string, flags: NoticeFlags, io: Io): Promise<ExitCode> {
  const { tag, digest, ...repository } = parseRegistryReference(text);
  if (tag === undefined || digest !== undefined)
    throw new CliError('USAGE', `a tag is wanted: REGISTRY/REPOSITORY:TAG, not ${JSON.stringify(text.slice(0, 200))}`);
  const [{ giveNotice }, { checkKnown }, { signRemoval, TagsError, timeOf }] = await Promise.all([
    import('../tags/give-notice.ts'),
    import('../tags/knows-key.ts'),
    import('@signet/signed-tags'),
  ]);
  const what = `remove ${tag}`;
  return await giveNotice(
    formatReference(repository),
    {
      what,
      async prepare(collection, tagsNow, signer) {
        const { name } = collection;
        checkKnown(`${name}:${tag}`, collection.rulingOfTag(tag), signer.publicKey);
        const { item } = await tagsNow.of(tag);
        if (item.kind === 'removal' && item.atMs > 0) return undefined;
        if (item.kind === 'removal')
          throw new TagsError('TAG_NOT_SIGNED', `the catalogue of ${name} has no tag ${tag}`);
        const signedAtMs = Math.max(Date.now(), timeOf(item) + 1);
        return async (signal) => {
          const notice = await signRemoval({ collection: name, tag, signedAtMs }, [signer], signal);
          return { kind: 'remove', tag, notices: [notice] };
        };
      },
    },
    { flags, io },
  );
}
