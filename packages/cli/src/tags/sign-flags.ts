import { type Command, Option } from 'commander';
import { CliError } from '../errors.ts';
import { parseDuration } from '../options/duration.ts';
import {
  type AuthorityFlags,
  addAuthorityOptions,
  addCatalogueKeyOptions,
  addPublishingOptions,
  type CatalogueKeyFlags,
  type PublishingFlags,
} from './writer-flags.ts';

/** What {@link addTagSigningOptions} produces. */
export interface TagSigningFlags extends AuthorityFlags, CatalogueKeyFlags, PublishingFlags {
  readonly publish?: boolean;
  readonly stage?: boolean;
  /** Milliseconds. */
  readonly wait?: number;
  readonly receipt?: string;
  readonly again?: boolean;
  readonly rollback?: boolean;
}

/** `--publish`, `--stage` and what belongs to them, for `signet sign`. */
export function addTagSigningOptions(command: Command): Command {
  command
    .optionsGroup('Signed tags:')
    .option('--publish', 'put the signature into the catalogue of the repository: the tag is this image from now on')
    .option('--stage', 'record it for whoever publishes: signet tags publish')
    .addOption(
      new Option('--wait <duration>', 'with --stage: wait for so long until it is published').argParser(parseDuration),
    )
    .option('--receipt <file>', 'write there what was published, for signet verify --receipt')
    .option('--again', 'sign also where the tag is this image already, by this signer')
    .option('--rollback', 'let the tag go back to an image that it has left');
  addPublishingOptions(addCatalogueKeyOptions(addAuthorityOptions(command)));
  return command;
}

/** Whether a catalogue is written. @throws {CliError} USAGE for options that go with one alone */
export function isForTags(flags: TagSigningFlags): boolean {
  if (flags.publish === true || flags.stage === true) return true;
  const [, given] = forTags.find(([name]) => flags[name] !== undefined) ?? [];
  if (given !== undefined) throw new CliError('USAGE', `${given} was given: it is for --publish or --stage`);
  return false;
}

const forTags = [
  ['policy', '--policy'],
  ['catalogue', '--catalogue'],
  ['collection', '--collection'],
  ['catalogueKey', '--catalogue-key'],
  ['cataloguePasswordFile', '--catalogue-password-file'],
  ['wait', '--wait'],
  ['receipt', '--receipt'],
  ['again', '--again'],
  ['rollback', '--rollback'],
  ['state', '--state'],
  ['after', '--after'],
  ['cold', '--cold'],
  ['settle', '--settle'],
  ['keepHistory', '--keep-history'],
  ['ignoreDate', '--ignore-date'],
] as const;
