import type { Command } from 'commander';
import { type Context, onRun } from '../command.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { addNotes } from '../notes.ts';
import { addOutputOptions, type OutputFlags, outputOptions, writeJson } from '../options/output.ts';
import { addRegistryOptions, type RegistryFlags } from '../options/registry.ts';
import { addCollectionOptions, type CollectionFlags } from '../tags/flags.ts';

type GcFlags = CollectionFlags & RegistryFlags & OutputFlags & { readonly dryRun?: boolean };

/** `signet tags gc` */
export function defineGc(command: Command, context: Context): void {
  command
    .description(
      'Removes journal entries that the catalogue holds (after an hour) and those that never counted (after a day), with an account that may delete.',
    )
    .argument('<repository>', 'REGISTRY/REPOSITORY, without a tag')
    .option('--dry-run', 'say how many would be removed; nothing is');
  addNotes(
    command,
    'Publishing does this by itself where it may delete. signet tags status shows what is there. Exit code 1: there is no trusted catalogue to hold them against.',
  );
  addCollectionOptions(command);
  addRegistryOptions(command);
  addOutputOptions(command);
  onRun<GcFlags>(command, context, ([text = ''], flags, io) => gc(text, flags, io));
}

async function gc(text: string, flags: GcFlags, io: Io): Promise<ExitCode> {
  const output = outputOptions(flags, io);
  const [{ readCollection }, { authorityOf }, { connect }, { collectGarbage }] = await Promise.all([
    import('../tags/collection.ts'),
    import('../tags/writer.ts'),
    import('../connect.ts'),
    import('@signet/signed-tags'),
  ]);
  const collection = await readCollection(text, flags, io);
  if (collection.assumed !== undefined && !output.quiet) io.stderr.write(`${collection.assumed}\n`);
  const connection = await connect(flags, io, output, { references: [text] });
  try {
    const store = await connection.open(collection.location);
    const authority = authorityOf(collection);
    const isDryRun = flags.dryRun === true;
    const removed = await collectGarbage({ store, authority, now: () => Date.now(), signal: io.signal, isDryRun });
    const dryRun = isDryRun ? { dryRun: true } : {};
    if (output.json) writeJson(io, { version: 1, collection: collection.name, ...dryRun, removed });
    else io.stdout.write(`${removed} journal entries ${isDryRun ? 'would be ' : ''}removed  ${collection.name}\n`);
    return EXIT.ok;
  } finally {
    await connection.close();
  }
}
