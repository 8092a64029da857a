import { parseReference, type Reference } from '@signet/oci';
import type { Command } from 'commander';
import { type Context, onRun } from '../command.ts';
import { connect } from '../connect.ts';
import { showCopied } from '../copy/copied-output.ts';
import { type CopyFlags, copyBetween } from '../copy/copy-image.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { addNotes } from '../notes.ts';
import { addOutputOptions, outputOptions } from '../options/output.ts';
import { addRegistryOptions } from '../options/registry.ts';
import { createProgress } from '../progress.ts';

/** `signet copy` */
export function define(command: Command, context: Context): void {
  command
    .argument('<source>', 'image (oci:FOLDER:TAG for a layout on disk)')
    .argument('<destination>', 'where to; without a tag, the tag of the source; a layout is made where there is none')
    .option(
      '-a, --all-tags',
      'all tags of a repository, with its catalogue of signed tags: source and destination are named without a tag',
    )
    .option('--no-referrers', 'the image alone, without signatures and what else refers to it')
    .option(
      '--allow-replaced-signatures',
      "overwrite cosign's .sig tag at the destination although it holds signatures that the source has not",
    );
  addNotes(command, help);
  addRegistryOptions(command);
  addOutputOptions(command);
  onRun<CopyFlags>(command, context, ([from = '', to = ''], flags, io) => run(from, to, { flags, io }));
}

const help = `
Bytes stay as they are, so digests and signatures do too. What is there already is not sent again. The catalogue of signed tags
(REPOSITORY:signet-tags) comes last, and never over a newer one: exit code 1. With --all-tags it comes with the images that it names, and only where
all images came; journal and kept heads stay.

Examples:
  signet copy registry.example.com/app:1.0 mirror.example.com/app:1.0
  signet copy registry.example.com/app:1.0 oci:./image
  signet copy --all-tags registry.example.com/app mirror.example.com/app`;

async function run(
  from: string,
  to: string,
  { flags, io }: { readonly flags: CopyFlags; readonly io: Io },
): Promise<ExitCode> {
  const output = outputOptions(flags, io);
  const source = parseReference(from);
  const isAll = flags.allTags === true;
  const destination = isAll ? parseReference(to) : withTag(parseReference(to), source);
  const connection = await connect(flags, io, output, { references: [from, to] });
  const progress = createProgress(io, output);
  try {
    const ways = { flags, io, connection, progress };
    if (isAll) {
      const { copyAllTags } = await import('../copy/copy-all-tags.ts');
      return await copyAllTags(source, destination, { ...ways, output });
    }
    const result = await copyBetween(source, destination, ways);
    progress.clear();
    showCopied({ source, destination, result }, { io, output });
    return EXIT.ok;
  } finally {
    progress.clear();
    await connection.close();
  }
}

/** `copy a:1.0 b` means `b:1.0`. */
function withTag(destination: Reference, source: Reference): Reference {
  if (destination.tag !== undefined || destination.digest !== undefined) return destination;
  const tag = source.tag ?? (source.digest === undefined ? 'latest' : undefined);
  return tag === undefined ? destination : { ...destination, tag };
}
