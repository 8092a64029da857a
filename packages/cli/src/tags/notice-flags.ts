import type { Command } from 'commander';
import { CliError } from '../errors.ts';
import { addSigningKeyOptions, type SigningKeyFlags } from '../options/keys.ts';
import { addOutputOptions, type OutputFlags } from '../options/output.ts';
import { addRegistryOptions, type RegistryFlags } from '../options/registry.ts';
import {
  type AuthorityFlags,
  addAuthorityOptions,
  addCatalogueKeyOptions,
  addPublishingOptions,
  type CatalogueKeyFlags,
  type PublishingFlags,
  refusePublisherOptions,
} from './writer-flags.ts';

/** What commands that take something back are told. */
export interface NoticeFlags
  extends SigningKeyFlags,
    AuthorityFlags,
    CatalogueKeyFlags,
    PublishingFlags,
    RegistryFlags,
    OutputFlags {
  readonly stage?: boolean;
  readonly dryRun?: boolean;
}

/** `--key`, `--stage`, `--catalogue-key`, … */
export function addNoticeOptions(command: Command): Command {
  command
    .option('--stage', 'record it for whoever publishes; else it is published, with --catalogue-key')
    .option('--dry-run', 'show what would be done; nothing is signed or written');
  addSigningKeyOptions(command);
  addPublishingOptions(addCatalogueKeyOptions(addAuthorityOptions(command)));
  addRegistryOptions(command);
  return addOutputOptions(command);
}

/** @throws {CliError} USAGE */
export function checkNoticeFlags(flags: NoticeFlags): void {
  if (flags.stage !== true) return;
  if (flags.policy === undefined)
    throw new CliError('USAGE', '--stage needs --policy: it says whose catalogue tells what a tag is now');
  refusePublisherOptions(flags);
}
