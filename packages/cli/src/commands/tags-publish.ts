import type { Command } from 'commander';
import { type Context, onRun } from '../command.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { addNotes } from '../notes.ts';
import { addOutputOptions, type OutputFlags } from '../options/output.ts';
import { addRegistryOptions, type RegistryFlags } from '../options/registry.ts';
import type { WriterFlags } from '../tags/writer.ts';
import {
  addAuthorityOptions,
  addCatalogueKeyOptions,
  addPublishingOptions,
  addTagKeysOption,
} from '../tags/writer-flags.ts';

interface PublishFlags extends WriterFlags, RegistryFlags, OutputFlags {
  readonly key?: readonly string[];
  readonly dryRun?: boolean;
}

/** `signet tags publish` */
export function definePublish(command: Command, context: Context): void {
  command
    .description(
      'Publishes what others have recorded with signet sign --stage: merges the journal into the catalogue of a repository, as far as the policy lets it.',
    )
    .argument('<repository>', 'REGISTRY/REPOSITORY, without a tag')
    .option('--dry-run', 'show what would be published; nothing is signed or written, and no key is needed');
  addNotes(
    command,
    `Where nothing is recorded that the catalogue does not hold, nothing is written: signet tags refresh signs it anew.
Exit code 1: there is no catalogue that is trusted, or it is older than it should be. Exit code 3: not all is published yet.

Example:
  signet tags publish --policy policy.yaml --catalogue-key publisher.key registry.example.com/shop/api`,
  );
  addTagKeysOption(addAuthorityOptions(command));
  addPublishingOptions(addCatalogueKeyOptions(command));
  addRegistryOptions(command);
  addOutputOptions(command);
  onRun<PublishFlags>(command, context, ([text = ''], flags, io) => publish(text, flags, io));
}

async function publish(text: string, flags: PublishFlags, io: Io): Promise<ExitCode> {
  if (flags.dryRun === true) {
    const { showStatus } = await import('../tags/show-status.ts');
    return await showStatus([text], flags, io, () => EXIT.ok);
  }
  const { publishEach } = await import('../tags/publish-each.ts');
  return await publishEach([text], { flags, io, kind: 'publish' });
}
