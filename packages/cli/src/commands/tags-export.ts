import type { Command } from 'commander';
import { type Context, onRun } from '../command.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { addNotes } from '../notes.ts';
import { addOutputOptions, outputOptions } from '../options/output.ts';
import { addRegistryOptions } from '../options/registry.ts';
import type { CarryFlags } from '../tags/carry-collection.ts';
import { addCollectionOptions } from '../tags/flags.ts';
import { addStateOptions } from '../tags/state-folder.ts';

/** `signet tags export` */
export function defineExport(command: Command, context: Context): void {
  command
    .description(
      'Takes the catalogue of a repository, as it was signed, into an image layout on disk: a backup, or for a place without a network.',
    )
    .argument('<repository>', 'REGISTRY/REPOSITORY, without a tag')
    .argument('<folder>', 'the layout; it is made where there is none')
    .option('--images', 'the images that its tags are, too, with their signatures')
    .option('--dry-run', 'show what would be written');
  addNotes(
    command,
    `No key is needed: the bytes stay as they are. A layout that holds a newer catalogue is left as it is (exit code 1).
signet tags import brings it in elsewhere, where a policy with freshness: { mode: bundle } takes it after it has expired, too.

Example:
  signet tags export --policy policy.yaml --images registry.example.com/shop/api ./shop-api`,
  );
  addStateOptions(addCollectionOptions(command));
  addRegistryOptions(command);
  addOutputOptions(command);
  onRun<CarryFlags>(command, context, ([text = '', folder = ''], flags, io) => run(text, folder, { flags, io }));
}

async function run(
  text: string,
  folder: string,
  { flags, io }: { readonly flags: CarryFlags; readonly io: Io },
): Promise<ExitCode> {
  const [{ exportCollection }, { showCarried }] = await Promise.all([
    import('../tags/carry-collection.ts'),
    import('../tags/carried-output.ts'),
  ]);
  const carried = await exportCollection(text, folder, { flags, io });
  showCarried(carried, { io, output: outputOptions(flags, io), did: 'exported', isDry: flags.dryRun === true });
  return EXIT.ok;
}
