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

/** `signet tags import` */
export function defineImport(command: Command, context: Context): void {
  command
    .description(
      'Brings in a catalogue that signet tags export took out: verified by the policy, then the images that the layout holds, then the catalogue.',
    )
    .argument('<folder>', 'the layout')
    .argument('<repository>', 'REGISTRY/REPOSITORY, without a tag: the collection itself, or a mirror of it')
    .option('--dry-run', 'show what would be written')
    .option('--ignore-date', 'go on although this clock and that of the registry are more than 5 minutes apart');
  addNotes(
    command,
    `Never over a newer catalogue, over one that holds more, or where a newer one was seen (exit code 1). What nobody may have signed is replaced.
No key is needed: the bytes stay as they are.

Example:
  signet tags import --policy policy.yaml ./shop-api mirror.local/shop/api`,
  );
  addStateOptions(addCollectionOptions(command));
  addRegistryOptions(command);
  addOutputOptions(command);
  onRun<CarryFlags>(command, context, ([folder = '', text = ''], flags, io) => run(folder, text, { flags, io }));
}

async function run(
  folder: string,
  text: string,
  { flags, io }: { readonly flags: CarryFlags; readonly io: Io },
): Promise<ExitCode> {
  const [{ importCollection }, { showCarried }] = await Promise.all([
    import('../tags/carry-collection.ts'),
    import('../tags/carried-output.ts'),
  ]);
  const carried = await importCollection(folder, text, { flags, io });
  showCarried(carried, { io, output: outputOptions(flags, io), did: 'imported', isDry: flags.dryRun === true });
  return EXIT.ok;
}
