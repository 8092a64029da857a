import { join } from 'node:path';
import { CliError } from '../errors.ts';
import { type InputFlags, refuseInputFlags } from '../options/inputs.ts';
import type { ExampleKeyFlags } from '../options/keys.ts';
import type { OutputFlags } from '../options/output.ts';
import type { PolicyFlags } from '../options/policy.ts';
import type { RegistryFlags } from '../options/registry.ts';
import type { StateFlags } from '../tags/state-folder.ts';

/** What `signet audit` is told. */
export interface AuditFlags extends PolicyFlags, ExampleKeyFlags, StateFlags, InputFlags, RegistryFlags, OutputFlags {
  readonly file?: string;
  readonly out?: string;
  readonly jsonl?: string;
  readonly html?: string;
  readonly resume?: boolean;
  readonly force?: boolean;
  readonly allTags?: boolean;
  readonly strict?: boolean;
}

/** The same, as far as it must be there. */
export interface AuditPlan {
  readonly policyFile: string;
  /** `REGISTRY[/PREFIX]`, or a list, or what names images as `verify -f` reads it. */
  readonly source: { readonly registry: string } | { readonly inventory: string };
  readonly journal: string;
  readonly page?: string;
}

/** What makes no sense together is told before anything is read. @throws {CliError} USAGE */
export function planOf(args: readonly string[], flags: AuditFlags): AuditPlan {
  const { policy, out } = flags;
  if (policy === undefined)
    throw new CliError('USAGE', 'which signers are trusted was not said', {
      hint: 'name a trust policy: --policy FILE',
    });
  const source = sourceOf(args, flags);
  const journal = flags.jsonl ?? (out === undefined ? undefined : join(out, 'audit.jsonl'));
  if (journal === undefined)
    throw new CliError('USAGE', 'where the results go was not said', {
      hint: '--out FOLDER (audit.jsonl and audit.html), or --jsonl FILE and --html FILE',
    });
  if ([journal, flags.html].includes('-'))
    throw new CliError('USAGE', 'results are kept in files: - (standard output) is none');
  if (flags.resume === true && flags.force === true)
    throw new CliError('USAGE', '--resume goes on with what is there, --force begins anew: one of them');
  const page = flags.html ?? (out === undefined ? undefined : join(out, 'audit.html'));
  return { policyFile: policy, source, journal, ...(page === undefined ? {} : { page }) };
}

function sourceOf([registry]: readonly string[], flags: AuditFlags): AuditPlan['source'] {
  const { file, allTags } = flags;
  if ((registry === undefined) === (file === undefined))
    throw new CliError(
      'USAGE',
      'one of two is wanted: REGISTRY[/PREFIX], or a list of images or manifests with -f FILE',
    );
  if (file === undefined) refuseInputFlags(flags);
  if (file === '-') throw new CliError('USAGE', '-f - (standard input) could not be read again to resume: name a file');
  if (file !== undefined && allTags === true)
    throw new CliError('USAGE', '--all-tags is for a registry: of a list every image is verified');
  return file !== undefined ? { inventory: file } : { registry: registry ?? '' };
}
