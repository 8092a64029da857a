import type { PublicKey } from '@signet/core';
import type { Command } from 'commander';
import { type Context, onRun } from '../command.ts';
import { CliError } from '../errors.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { readAnyKeys, refuseExampleKeys } from '../key-file.ts';
import { addNotes } from '../notes.ts';
import { collect } from '../options/duration.ts';
import { exampleKeyText } from '../options/keys.ts';
import { addOutputOptions, outputOptions, writeJson } from '../options/output.ts';
import { addRegistryOptions } from '../options/registry.ts';
import { createStyle } from '../style.ts';
import type { AdoptFlags } from '../tags/adopt-collection.ts';
import { addAuthorityOptions, addCatalogueKeyOptions, addWritingOptions } from '../tags/writer-flags.ts';

interface InitFlags extends AdoptFlags {
  readonly adopt?: boolean;
}

/** `signet tags init` */
export function defineInit(command: Command, context: Context): void {
  command
    .description(
      'Writes the first catalogue of a repository, without a tag in it, and says what to back up and what to put into the policy.',
    )
    .argument('<repository>', 'REGISTRY/REPOSITORY, without a tag')
    .option(
      '--adopt',
      'for a repository in use: judge what each tag names now by the policy, the tag left aside, and sign what is accepted',
    )
    .option('--yes', 'with --adopt: sign without asking')
    .option('--dry-run', 'look whether it can be made, and show the same; nothing is signed or written');
  addNotes(
    command,
    `Refused where there is a catalogue already, or a journal, or where something is remembered of the repository. With --adopt that is gone on from:
called again, it signs what is left. Exit code 1 with --adopt: some tag was not accepted.

Examples:
  signet tags init --catalogue-key publisher.key --key release.pub registry.example.com/shop/api
  signet tags init --adopt --policy policy.yaml --key release.key --catalogue-key publisher.key registry.example.com/shop/api`,
  );
  addAuthorityOptions(command)
    .option(
      '-k, --key <file>',
      'without a policy: key that signs tags (its public half is used); repeatable. With --adopt: the private key',
      collect,
    )
    .option('--password-file <file>', 'with --adopt: file with the password of that key')
    .option('--allow-example-keys', exampleKeyText);
  addWritingOptions(addCatalogueKeyOptions(command));
  addRegistryOptions(command);
  addOutputOptions(command);
  onRun<InitFlags>(command, context, ([text = ''], flags, io) => init(text, flags, io));
}

async function init(text: string, flags: InitFlags, io: Io): Promise<ExitCode> {
  if (flags.adopt === true) return await (await import('../tags/adopt-collection.ts')).adoptCollection(text, flags, io);
  for (const [name, given] of [
    ['--yes', flags.yes],
    ['--password-file', flags.passwordFile],
  ] as const)
    if (given !== undefined) throw new CliError('USAGE', `${name} is given with --adopt`);
  const output = outputOptions(flags, io);
  const [{ readWriter }, { beginCollection }, { beginningText, beginningJson }] = await Promise.all([
    import('../tags/writer.ts'),
    import('../tags/begin-collection.ts'),
    import('../tags/beginning-output.ts'),
  ]);
  const tagKeys = await readTagKeys(flags, io);
  const writer = await readWriter(flags, io, async () => tagKeys);
  const begun = await beginCollection(text, { writer, flags, io, output, tagKeys });
  if (output.json) writeJson(io, beginningJson(begun));
  else io.stdout.write(beginningText(begun, { style: createStyle(output.color), nowMs: Date.now() }));
  return EXIT.ok;
}

/** None with a policy, which says who signs. @throws {CliError} USAGE, FILE_UNREADABLE, PASSWORD_NEEDED, EXAMPLE_KEY; {KeyError} */
async function readTagKeys(flags: InitFlags, io: Io): Promise<readonly PublicKey[]> {
  const { policy, key: paths = [] } = flags;
  if (policy !== undefined) {
    if (paths.length > 0) throw new CliError('USAGE', '--policy and --key were given: the policy says who signs tags');
    return [];
  }
  if (paths.length === 0)
    throw new CliError('USAGE', 'who signs the tags was not said', {
      hint: 'name a policy, --policy FILE, or a key: --key FILE',
    });
  const keys: PublicKey[] = [];
  for (const path of paths) {
    const found = await readAnyKeys(path, {}, io);
    refuseExampleKeys(found, path, flags);
    keys.push(...found);
  }
  return keys;
}
