import { CliError } from '../errors.ts';
import type { TrustedKeyFlags } from '../options/keys.ts';
import type { OutputFlags } from '../options/output.ts';
import type { PolicyFlags } from '../options/policy.ts';
import type { RegistryFlags } from '../options/registry.ts';

/** What `signet verify` is told beside its references. */
export interface VerifyFlags extends TrustedKeyFlags, PolicyFlags, RegistryFlags, OutputFlags {
  readonly tagBound?: boolean;
  readonly annotation?: readonly string[];
  readonly platform?: string;
  readonly signedReference?: string;
  readonly maxSignatures?: number;
  /** Milliseconds. */
  readonly wait?: number;
  readonly strict?: boolean;
  /** Files and folders that name images. */
  readonly file?: readonly string[];
}

/** What makes no sense together is told before anything is read. @throws {CliError} USAGE */
export function checkFlags(flags: VerifyFlags): void {
  if (flags.policy !== undefined) {
    const other = byPolicy.find(([name]) => flags[name] !== undefined)?.[1];
    if (other === undefined) return;
    throw new CliError('USAGE', `--policy and ${other} were given: the policy says what is asked for`);
  }
  if (flags.key === undefined)
    throw new CliError('USAGE', 'which signers are trusted was not said', {
      hint: 'name a public key or a trust policy: --key FILE, or --policy FILE',
    });
  if (flags.signedReference !== undefined && flags.tagBound !== true)
    throw new CliError('USAGE', '--signed-reference is compared only under --tag-bound, which is missing');
}

/** What a policy says itself. */
const byPolicy = [
  ['key', '--key'],
  ['tagBound', '--tag-bound'],
  ['annotation', '--annotation'],
] as const;
