import { type Command, Option } from 'commander';
import { type Context, onRun } from '../command.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { readTrustedKeys } from '../key-file.ts';
import { addNotes } from '../notes.ts';
import { collect } from '../options/duration.ts';
import { addOutputOptions, outputOptions, writeJson } from '../options/output.ts';
import { addRegistryOptions } from '../options/registry.ts';
import { createStyle } from '../style.ts';
import type { RebuildFlags } from '../tags/rebuild-catalogue.ts';
import {
  addAuthorityOptions,
  addCatalogueKeyOptions,
  addTagKeysOption,
  addWritingOptions,
} from '../tags/writer-flags.ts';

/** `signet tags rebuild` */
export function defineRebuild(command: Command, context: Context): void {
  command
    .description(
      'Makes a catalogue anew after a disaster: from older catalogues, whoever signed them, and from the statements on the images. Each tag has to prove itself by the policy of today.',
    )
    .argument('<repository>', 'REGISTRY/REPOSITORY, without a tag')
    .option('--from <place>', 'repository or layout (oci:FOLDER) with an older catalogue; repeatable', collect)
    .option('--no-images', 'do not look for statements on the images of the registry')
    .addOption(
      new Option(
        '--unproven <what>',
        'what becomes of the removals and revocations of older catalogues (else it is asked)',
      ).choices(['keep', 'drop']),
    )
    .option('--dry-run', 'show what it would be made from; nothing is signed or written, and no key is needed');
  addNotes(
    command,
    `What lies under signet-tags, what was kept of it (--keep-history) and what is remembered here is read without being asked for.
A tag is what its newest statements say: look at it with signet tags list before anybody relies on it.

Example:
  signet tags rebuild --policy policy.yaml --catalogue-key new-publisher.key --from mirror.example.com/shop/api registry.example.com/shop/api`,
  );
  addTagKeysOption(addAuthorityOptions(command));
  addWritingOptions(addCatalogueKeyOptions(command));
  addRegistryOptions(command);
  addOutputOptions(command);
  onRun<RebuildFlags>(command, context, ([text = ''], flags, io) => run(text, flags, io));
}

async function run(text: string, flags: RebuildFlags, io: Io): Promise<ExitCode> {
  const output = outputOptions(flags, io);
  const [{ readWriter, refuseKeysBesidePolicy }, { rebuildCatalogue }, { exitCodeOfOutcome, ...show }] =
    await Promise.all([
      import('../tags/writer.ts'),
      import('../tags/rebuild-catalogue.ts'),
      import('../tags/published-output.ts'),
    ]);
  refuseKeysBesidePolicy(flags);
  if (flags.dryRun === true) return await showDraft(text, flags, io);
  const writer = await readWriter(flags, io, () => readTrustedKeys(flags, io));
  const { collection, published, catalogues, found } = await rebuildCatalogue(text, { writer, flags, io });
  if (collection.assumed !== undefined && !output.quiet) io.stderr.write(`${collection.assumed}\n`);
  show.remarkOn(published, { io, output });
  if (output.json) writeJson(io, { ...show.publishedJson(published, collection), from: { catalogues, images: found } });
  else {
    const style = createStyle(output.color);
    io.stdout.write(show.publishedText(published, collection, { style, nowMs: Date.now() }));
    io.stdout.write(`  made from  ${catalogues} catalogues, and the statements on ${found} images\n`);
  }
  return exitCodeOfOutcome[published.outcome];
}

async function showDraft(text: string, flags: RebuildFlags, io: Io): Promise<ExitCode> {
  const output = outputOptions(flags, io);
  const [{ readAuthority }, { draftRebuild }, { placeWithin }, { stateFolder }, { draftJson, draftText }] =
    await Promise.all([
      import('../tags/writer.ts'),
      import('../tags/rebuild-catalogue.ts'),
      import('../tags/state-place.ts'),
      import('../tags/state-folder.ts'),
      import('../tags/rebuild-draft.ts'),
    ]);
  const tagKeys = () => readTrustedKeys(flags, io);
  const collection = (await readAuthority(flags, io, { tagKeys, publishers: tagKeys }))(text);
  if (collection.assumed !== undefined && !output.quiet) io.stderr.write(`${collection.assumed}\n`);
  const place = placeWithin(collection, stateFolder(flags, io));
  const draft = await draftRebuild({ collection, place }, { flags, io });
  if (output.json) writeJson(io, draftJson(draft));
  else io.stdout.write(draftText(draft, Date.now()));
  return EXIT.ok;
}
