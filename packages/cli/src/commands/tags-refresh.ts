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

interface RefreshFlags extends WriterFlags, RegistryFlags, OutputFlags {
  readonly key?: readonly string[];
  readonly dryRun?: boolean;
}

/** `signet tags refresh` */
export function defineRefresh(command: Command, context: Context): void {
  command
    .description(
      'Signs the catalogues of repositories anew, so that they do not expire, and publishes what is recorded. For a job that runs every 12 hours.',
    )
    .argument('<repository...>', 'REGISTRY/REPOSITORY, without a tag')
    .option('--dry-run', 'show how the catalogues stand; nothing is signed or written, and no key is needed');
  addNotes(
    command,
    `Exit code 1: one of the catalogues could not be signed anew.

Example:
  signet tags refresh --policy policy.yaml --catalogue-key publisher.key registry.example.com/shop/api`,
  );
  addTagKeysOption(addAuthorityOptions(command));
  addPublishingOptions(addCatalogueKeyOptions(command));
  addRegistryOptions(command);
  addOutputOptions(command);
  onRun<RefreshFlags>(command, context, refresh);
}

async function refresh(repositories: readonly string[], flags: RefreshFlags, io: Io): Promise<ExitCode> {
  if (flags.dryRun === true) {
    const { showStatus } = await import('../tags/show-status.ts');
    return await showStatus(repositories, flags, io, () => EXIT.ok);
  }
  const { publishEach } = await import('../tags/publish-each.ts');
  const code = await publishEach(repositories, { flags, io, kind: 'refresh' });
  // A job has one question: is every catalogue fresh?
  return code === EXIT.undecided ? EXIT.denied : code;
}
