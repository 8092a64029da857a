import { CliError } from '../errors.ts';
import { type InputFlags, refuseInputFlags } from '../options/inputs.ts';
import type { TrustedKeyFlags, UserMetadataFlags } from '../options/keys.ts';
import type { OutputFlags } from '../options/output.ts';
import type { PluginConfigFlags, PolicyFlags } from '../options/policy.ts';
import { type ReceiptFlags, refuseTagFlags } from '../options/receipts.ts';
import type { RegistryFlags } from '../options/registry.ts';
import type { StateFlags } from '../tags/state-folder.ts';

/** What `signet verify` is told beside its references. */
export interface VerifyFlags
  extends TrustedKeyFlags,
    PolicyFlags,
    PluginConfigFlags,
    UserMetadataFlags,
    StateFlags,
    ReceiptFlags,
    InputFlags,
    RegistryFlags,
    OutputFlags {
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
  /** The digests that were verified are written into them. */
  readonly resolveTags?: boolean;
  readonly allowUnpinned?: boolean;
}

/** What makes no sense together is told before anything is read. @throws {CliError} USAGE */
export function checkFlags(flags: VerifyFlags): void {
  if (flags.file === undefined) refuseInputFlags(flags);
  checkPinning(flags);
  checkTrust(flags);
}

/** The part of it about whom to trust. @throws {CliError} USAGE */
export function checkTrust(flags: VerifyFlags): void {
  if (flags.policy !== undefined) {
    const other = byPolicy.find(([name]) => flags[name] !== undefined)?.[1];
    if (other === undefined) return;
    throw new CliError('USAGE', `--policy and ${other} were given: the policy says what is asked for`);
  }
  refuseTagFlags(flags);
  if (flags.pluginConfig !== undefined)
    throw new CliError('USAGE', '--plugin-config is for --policy: keys need no plugin');
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

function checkPinning({ resolveTags, allowUnpinned, file, platform }: VerifyFlags): void {
  if (resolveTags !== true) {
    if (allowUnpinned === true) throw new CliError('USAGE', '--allow-unpinned is for --resolve-tags, which is missing');
    return;
  }
  if (file === undefined)
    throw new CliError('USAGE', '--resolve-tags writes into the files of -f, which is missing', {
      hint: 'name a file or folder with -f',
    });
  if (file.includes('-'))
    throw new CliError('USAGE', '--resolve-tags cannot write into standard input (-f -)', {
      hint: 'signet pin -f - writes the result to standard output, and verifies with --key or --policy',
    });
  if (platform !== undefined)
    throw new CliError('USAGE', '--platform asks for another image than the one that --resolve-tags would write');
}
