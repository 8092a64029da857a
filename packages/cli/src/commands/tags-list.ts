import type { Command } from 'commander';
import { type Context, onRun } from '../command.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { addNotes } from '../notes.ts';
import { addOutputOptions, type OutputFlags, outputOptions, writeJson } from '../options/output.ts';
import { addRegistryOptions, type RegistryFlags } from '../options/registry.ts';
import { createStyle } from '../style.ts';
import { addCollectionOptions, type CollectionFlags } from '../tags/flags.ts';

type ListFlags = CollectionFlags & RegistryFlags & OutputFlags;

/** `signet tags list` */
export function defineList(command: Command, context: Context): void {
  command
    .description(
      'Shows the catalogue of a repository: what each tag is, since when and by whom, what was removed and revoked. Each statement is judged by the policy.',
    )
    .argument('<repository>', 'REGISTRY/REPOSITORY, without a tag');
  addNotes(
    command,
    `What is remembered of earlier catalogues is not asked: signet resolve and signet verify do that.
Exit code 1: there is no catalogue that is trusted, or it has expired, or some tag does not meet its rule.`,
  );
  addCollectionOptions(command);
  addRegistryOptions(command);
  addOutputOptions(command);
  onRun<ListFlags>(command, context, ([text = ''], flags, io) => list(text, flags, io));
}

async function list(text: string, flags: ListFlags, io: Io): Promise<ExitCode> {
  const output = outputOptions(flags, io);
  const [{ readToldCatalogue }, { catalogueText }, { catalogueJson }] = await Promise.all([
    import('../tags/read-told.ts'),
    import('../tags/catalogue-text.ts'),
    import('../tags/catalogue-json.ts'),
  ]);
  const told = await readToldCatalogue(text, flags, io);
  const nowMs = Date.now();
  if (output.json) writeJson(io, catalogueJson(told));
  else io.stdout.write(catalogueText(told, { style: createStyle(output.color), nowMs }));
  const isGood = told.tags.every(({ entries: [now] }) => now === undefined || now.verdict === 'verified');
  return isGood && told.file.expiresMs > nowMs ? EXIT.ok : EXIT.denied;
}
