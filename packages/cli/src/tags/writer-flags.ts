import { type Command, Option } from 'commander';
import { CliError } from '../errors.ts';
import { collect, parseDuration } from '../options/duration.ts';
import { type ExampleKeyFlags, exampleKeyText } from '../options/keys.ts';
import { addPolicyOption, type PolicyFlags } from '../options/policy.ts';
import { addStateOptions, type StateFlags } from './state-folder.ts';

/** Whose catalogue it is, and who signs it: what {@link addAuthorityOptions} produces. */
export interface AuthorityFlags extends PolicyFlags, ExampleKeyFlags {
  /** Of the policy, where several are for the repository. */
  readonly catalogue?: string;
  readonly collection?: string;
}

/** What {@link addCatalogueKeyOptions} produces. */
export interface CatalogueKeyFlags {
  /** Files of private keys. */
  readonly catalogueKey?: readonly string[];
  readonly cataloguePasswordFile?: string;
}

/** What {@link addPublishingOptions} produces: how a catalogue is written. */
export interface PublishingFlags extends StateFlags {
  /** File of a receipt. */
  readonly after?: string;
  readonly cold?: boolean;
  /** Milliseconds. */
  readonly settle?: number;
  readonly keepHistory?: boolean;
  readonly ignoreDate?: boolean;
}

/** `--policy`, or what is taken for granted without. */
export function addAuthorityOptions(command: Command): Command {
  return addPolicyOption(command.optionsGroup('Trust:'))
    .option('--catalogue <name>', 'the catalogue of the policy that is meant, where several are for the repository')
    .option('--collection <name>', 'without a policy: the name in statements and catalogue, where it is another');
}

/** `--key` of commands that publish what others have signed. */
export function addTagKeysOption(command: Command): Command {
  return command
    .option('-k, --key <file>', 'without a policy: public key that signs tags; repeatable, any suffices', collect)
    .option('--allow-example-keys', exampleKeyText);
}

/** `--catalogue-key`. */
export function addCatalogueKeyOptions(command: Command): Command {
  return command
    .optionsGroup('Catalogue:')
    .option(
      '--catalogue-key <file>',
      'private key that signs the catalogue; repeatable, where several have to',
      collect,
    )
    .option(
      '--catalogue-password-file <file>',
      'file with the password of that key (else SIGNET_PASSWORD, COSIGN_PASSWORD, a prompt)',
    );
}

/** `--state`, `--after`, `--cold`, `--settle`, … */
export function addPublishingOptions(command: Command): Command {
  return addWritingOptions(command)
    .option('--after <receipt>', 'the catalogue must not be older than this receipt: for a run that remembers nothing')
    .option(
      '--cold',
      'go on without anything that is remembered: an older catalogue is not noticed, up to 24 hours of age',
    );
}

/** The same for commands that begin: they go on from no catalogue. */
export function addWritingOptions(command: Command): Command {
  return addStateOptions(command)
    .addOption(
      new Option('--settle <duration>', 'wait for so long after a write: at least as long as replicas lag').argParser(
        parseDuration,
      ),
    )
    .option('--keep-history', 'leave each catalogue under a tag of its own (signet-tags.h.…), for signet tags log')
    .option('--ignore-date', 'go on although this clock and that of the registry are more than 5 minutes apart');
}

/** Who records for a publisher writes no catalogue. @throws {CliError} USAGE */
export function refusePublisherOptions(flags: CatalogueKeyFlags & PublishingFlags): void {
  const given = publisherOnly.find(([name]) => flags[name] !== undefined)?.[1];
  if (given !== undefined) throw new CliError('USAGE', `${given} is given with --stage: another publishes`);
}

const publisherOnly = [
  ['catalogueKey', '--catalogue-key'],
  ['cataloguePasswordFile', '--catalogue-password-file'],
  ['after', '--after'],
  ['cold', '--cold'],
  ['settle', '--settle'],
  ['keepHistory', '--keep-history'],
] as const;
