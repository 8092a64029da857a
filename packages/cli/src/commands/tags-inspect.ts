import { formatReference, parseRegistryReference } from '@signet/oci';
import type { Command } from 'commander';
import { type Context, onRun } from '../command.ts';
import { CliError } from '../errors.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { addNotes } from '../notes.ts';
import { addOutputOptions, type OutputFlags, outputOptions, writeJson } from '../options/output.ts';
import { addRegistryOptions, type RegistryFlags } from '../options/registry.ts';
import { createStyle } from '../style.ts';
import { addCollectionOptions, type CollectionFlags } from '../tags/flags.ts';

type InspectFlags = CollectionFlags & RegistryFlags & OutputFlags;

/** `signet tags inspect` */
export function defineInspect(command: Command, context: Context): void {
  command
    .description(
      'Shows one tag of the catalogue: what it is, every statement with its signer and time, and what it was before.',
    )
    .argument('<reference>', 'REGISTRY/REPOSITORY:TAG');
  addNotes(
    command,
    'Exit code 1: there is no catalogue that is trusted, or it has expired; the tag is not in it, or does not meet its rule.',
  );
  addCollectionOptions(command);
  addRegistryOptions(command);
  addOutputOptions(command);
  onRun<InspectFlags>(command, context, ([text = ''], flags, io) => inspect(text, flags, io));
}

async function inspect(text: string, flags: InspectFlags, io: Io): Promise<ExitCode> {
  const output = outputOptions(flags, io);
  const { tag, digest, ...repository } = parseRegistryReference(text);
  if (tag === undefined || digest !== undefined)
    throw new CliError('USAGE', `a tag is wanted: REGISTRY/REPOSITORY:TAG, not ${JSON.stringify(text.slice(0, 200))}`);
  const [{ readToldCatalogue }, { tagText }, { catalogueJson }, { TagsError }] = await Promise.all([
    import('../tags/read-told.ts'),
    import('../tags/catalogue-text.ts'),
    import('../tags/catalogue-json.ts'),
    import('@signet/signed-tags'),
  ]);
  const told = await readToldCatalogue(formatReference(repository), flags, io, tag);
  const [found] = told.tags;
  if (found === undefined)
    throw new TagsError('TAG_NOT_SIGNED', `the catalogue of ${told.collection} has no tag ${tag}`);
  const nowMs = Date.now();
  if (output.json) writeJson(io, catalogueJson(told));
  else io.stdout.write(tagText(told, found, { style: createStyle(output.color), nowMs }));
  const [now] = found.entries;
  return now?.verdict === 'verified' && told.file.expiresMs > nowMs ? EXIT.ok : EXIT.denied;
}
