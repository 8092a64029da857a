import type { Command } from 'commander';
import { type Context, onRun } from '../command.ts';
import { CliError } from '../errors.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { isThere } from '../files.ts';
import type { Io } from '../io.ts';
import { addNotes } from '../notes.ts';
import { addOutputOptions, type OutputFlags, outputOptions, writeJson } from '../options/output.ts';
import { createStyle } from '../style.ts';
import type { Collection } from '../tags/collection.ts';
import { addCollectionOptions, type CollectionFlags } from '../tags/flags.ts';
import { addStateOptions, type StateFlags, stateFolder } from '../tags/state-folder.ts';

type Flags = CollectionFlags & StateFlags & OutputFlags & { readonly dryRun?: boolean };

/** `signet tags state show|reset` */
export function defineState(command: Command, context: Context): void {
  defineShow(command.command('show').summary('show what is remembered of a repository'), context);
  defineReset(command.command('reset').summary('forget what is remembered of a repository'), context);
}

function defineShow(command: Command, context: Context): void {
  command
    .description(
      'Shows what this client remembers of the tags of a repository. It is evidence, never authority: it denies what is older, and what is answered from it is verified again.',
    )
    .argument('<repository>', 'REGISTRY/REPOSITORY, without a tag');
  addNotes(command, 'No registry is asked. Exit code 1: nothing is remembered.');
  addFlags(command);
  onRun<Flags>(command, context, ([text = ''], flags, io) => show(text, flags, io));
}

function defineReset(command: Command, context: Context): void {
  command
    .description(
      'Forgets what this client remembers of the tags of a repository, also where it is damaged. An older catalogue is not noticed after that.',
    )
    .argument('<repository>', 'REGISTRY/REPOSITORY, without a tag')
    .option('--dry-run', 'say what would be forgotten; nothing is');
  addNotes(command, 'No registry is asked.');
  addFlags(command);
  onRun<Flags>(command, context, ([text = ''], flags, io) => reset(text, flags, io));
}

function addFlags(command: Command): void {
  addStateOptions(addCollectionOptions(command));
  addOutputOptions(command);
}

async function show(text: string, flags: Flags, io: Io): Promise<ExitCode> {
  const output = outputOptions(flags, io);
  const [{ placeOf }, { stateJson, stateText }] = await Promise.all([
    import('../tags/state-place.ts'),
    import('../tags/state-text.ts'),
  ]);
  const place = placeOf(await collectionOf(text, flags, io), folderOf(flags, io));
  const state = await place.read();
  if (output.json) writeJson(io, { version: 1, path: place.path, ...(state === undefined ? {} : stateJson(state)) });
  else io.stdout.write(stateText(place.path, state, { style: createStyle(output.color), nowMs: Date.now() }));
  return state === undefined ? EXIT.denied : EXIT.ok;
}

async function reset(text: string, flags: Flags, io: Io): Promise<ExitCode> {
  const output = outputOptions(flags, io);
  const { placeOf } = await import('../tags/state-place.ts');
  const place = placeOf(await collectionOf(text, flags, io), folderOf(flags, io));
  const isDryRun = flags.dryRun === true;
  const wasThere = isDryRun ? await isThere(place.path) : await place.reset();
  const dryRun = isDryRun ? { dryRun: true } : {};
  if (output.json) writeJson(io, { version: 1, path: place.path, ...dryRun, reset: wasThere });
  else if (!output.quiet) {
    const done = isDryRun ? 'would be forgotten' : 'forgotten';
    io.stdout.write(`${wasThere ? done : 'nothing was remembered'}  ${place.path}\n`);
  }
  return EXIT.ok;
}

async function collectionOf(text: string, flags: Flags, io: Io): Promise<Collection> {
  const { readCollection } = await import('../tags/collection.ts');
  return await readCollection(text, flags, io);
}

function folderOf(flags: Flags, io: Io): string {
  const folder = stateFolder(flags, io);
  if (folder !== undefined) return folder;
  throw new CliError('USAGE', '--no-state was given: there is nothing to show or forget');
}
