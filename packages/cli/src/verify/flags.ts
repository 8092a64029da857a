import { CliError } from '../errors.ts';
import type { TrustedKeyFlags } from '../options/keys.ts';
import type { OutputFlags } from '../options/output.ts';
import type { RegistryFlags } from '../options/registry.ts';

/** What `signet verify` is told beside its references. */
export interface VerifyFlags extends TrustedKeyFlags, RegistryFlags, OutputFlags {
  readonly tagBound?: boolean;
  readonly annotation?: readonly string[];
  readonly platform?: string;
  readonly signedReference?: string;
  readonly maxSignatures?: number;
  /** Milliseconds. */
  readonly wait?: number;
  readonly strict?: boolean;
}

/** What makes no sense together is told before anything is read. @throws {CliError} USAGE */
export function checkFlags(flags: VerifyFlags): void {
  if (flags.signedReference !== undefined && flags.tagBound !== true)
    throw new CliError('USAGE', '--signed-reference is compared only under --tag-bound, which is missing');
}
