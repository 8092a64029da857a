import type { SignFormatName } from '@signet/core';
import { CliError } from '../errors.ts';
import type { SigningKeyFlags } from '../options/keys.ts';
import type { OutputFlags } from '../options/output.ts';
import type { RegistryFlags } from '../options/registry.ts';
import type { TagSigningFlags } from './sign-flags.ts';
import { refusePublisherOptions } from './writer-flags.ts';

/** What `signet sign --publish` and `--stage` are told. */
export interface SignTagsFlags extends SigningKeyFlags, RegistryFlags, OutputFlags, TagSigningFlags {
  readonly format: SignFormatName;
  readonly annotation?: readonly string[];
  readonly recursive?: boolean;
  readonly dryRun?: boolean;
}

/** Options of `signet sign` that make no statement about a tag. */
interface OtherFlags {
  readonly tag?: boolean;
  readonly signedReference?: string;
  readonly payloadOut?: string;
}

/** What makes no sense together is told before anything is read. @throws {CliError} USAGE */
export function checkTagSigningFlags(args: readonly string[], flags: SignTagsFlags & OtherFlags): void {
  if (flags.publish === true && flags.stage === true)
    throw usage('--publish and --stage were given: one of them is wanted');
  if (flags.format !== 'sigstore') throw usage(`a signature in the form ${flags.format} is no statement about a tag`);
  if (flags.tag === false) throw usage('--no-tag was given: a statement about a tag names it');
  if (flags.signedReference !== undefined)
    throw usage(
      '--signed-reference was given: the name is that of the collection',
      'the policy says it, or --collection',
    );
  if (flags.payloadOut !== undefined) throw usage('--payload-out was given: what is signed elsewhere is not published');
  if (flags.receipt !== undefined && (args.length > 1 || args[0] === '-'))
    throw usage('--receipt is for one reference');
  if (flags.stage === true) checkStaging(flags);
  else if (flags.wait !== undefined) throw usage('--wait is for --stage: --publish waits by itself');
}

function checkStaging(flags: SignTagsFlags): void {
  if (flags.policy === undefined)
    throw usage('--stage needs --policy: it says whose catalogue tells what a tag is now');
  if (flags.receipt !== undefined && flags.wait === undefined)
    throw usage('--receipt needs --wait with --stage: what is only recorded has no receipt');
  refusePublisherOptions(flags);
}

function usage(message: string, hint?: string): CliError {
  return new CliError('USAGE', message, hint === undefined ? {} : { hint });
}
