import { parseReference } from '@signet/oci';
import { buildTree, renderTree } from '@signet/verifier';
import type { Command } from 'commander';
import { type Context, onRun } from '../command.ts';
import { connect } from '../connect.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { addNotes } from '../notes.ts';
import { addOutputOptions, type OutputFlags, outputOptions, writeJson } from '../options/output.ts';
import { addRegistryOptions, type RegistryFlags } from '../options/registry.ts';

type TreeFlags = RegistryFlags & OutputFlags;

/** `signet tree` */
export function define(command: Command, context: Context): void {
  command
    .description(
      'Shows what is attached to an image: platforms, signatures and other referrers. Nothing of it is verified.',
    )
    .argument('<reference>', 'image (oci:FOLDER:TAG for a layout on disk)');
  addNotes(command, 'Exit code 3: a part could not be read, and the output says which.');
  addRegistryOptions(command);
  addOutputOptions(command);
  onRun<TreeFlags>(command, context, ([text = ''], flags, io) => tree(text, flags, io));
}

async function tree(text: string, flags: TreeFlags, io: Io): Promise<ExitCode> {
  const output = outputOptions(flags, io);
  const reference = parseReference(text);
  const connection = await connect(flags, io, output, { references: [text] });
  try {
    const source = await connection.open(reference);
    const root = await source.resolve(reference.digest ?? reference.tag ?? 'latest', { signal: io.signal });
    const found = await buildTree(source, root, {
      signal: io.signal,
      ...(flags.concurrency === undefined ? {} : { concurrency: flags.concurrency }),
    });
    io.signal.throwIfAborted();
    if (output.json) writeJson(io, { reference: text, ...found });
    else io.stdout.write(`${renderTree(found, text)}\n`);
    return found.gaps.length === 0 ? EXIT.ok : EXIT.undecided;
  } finally {
    await connection.close();
  }
}
