import { createHash } from 'node:crypto';
import { isRepositoryName } from '@signet/oci';
import { CliError, messageOf } from '../errors.ts';
import { inputPieces, type WithStdin } from '../files.ts';
import { parseRegistryName } from '../registry-name.ts';
import type { PlacedInputs } from '../verify/placed-inputs.ts';
import type { AuditPlan } from './flags.ts';

/** What an audit is over: two runs with the same scope ask for the same. */
export type Scope =
  | {
      readonly kind: 'registry';
      readonly registry: string;
      /** Whole leading components of repository names. */
      readonly prefix?: string;
      /** Tags that name signatures are verified too. */
      readonly allTags: boolean;
    }
  | { readonly kind: 'inventory' /** Hex SHA-256 of the list, or of what manifests name. */; readonly sha256: string };

/** What a scope is read from. */
export interface ScopeInputs {
  readonly allTags: boolean;
  /** What manifests name; undefined for a list. */
  readonly inputs: PlacedInputs | undefined;
}

/** @throws {RegistryError} REFERENCE_INVALID; {CliError} USAGE, FILE_UNREADABLE */
export async function readScope(
  source: AuditPlan['source'],
  { allTags, inputs }: ScopeInputs,
  io: WithStdin,
): Promise<Scope> {
  if ('registry' in source) return { ...parseRegistryScope(source.registry), allTags };
  if (inputs !== undefined) return { kind: 'inventory', sha256: fingerprintOf(inputs) };
  const hash = createHash('sha256');
  for await (const piece of inputPieces(source.inventory, io)) hash.update(piece);
  return { kind: 'inventory', sha256: hash.digest('hex') };
}

/** Over the images and what could not be read: files that name the same are the same. */
function fingerprintOf({ targets, unread }: PlacedInputs): string {
  const images = targets.map(({ text, platform }) => [text, platform]);
  const others = unread.map((outcome) => [outcome.text, 'error' in outcome ? messageOf(outcome.error) : '']);
  return createHash('sha256')
    .update(JSON.stringify([images, others]))
    .digest('hex');
}

/** `registry.example.com`, `registry.example.com/team/app`. @throws {RegistryError} REFERENCE_INVALID; {CliError} USAGE */
export function parseRegistryScope(text: string): Omit<Extract<Scope, { kind: 'registry' }>, 'allTags'> {
  const slash = text.indexOf('/');
  const registry = parseRegistryName(slash === -1 ? text : text.slice(0, slash));
  const prefix = slash === -1 ? '' : text.slice(slash + 1).replace(/\/$/, '');
  if (prefix === '') return { kind: 'registry', registry };
  if (!isRepositoryName(prefix))
    throw new CliError('USAGE', `not the beginning of repository names: ${JSON.stringify(prefix.slice(0, 200))}`, {
      hint: 'whole components without a tag, such as registry.example.com/team; single images are listed with -f FILE',
    });
  return { kind: 'registry', registry, prefix };
}

/** Whether a repository lies under the prefix: `team` covers `team` and `team/app`, not `teammate`. */
export function isUnder(repository: string, prefix: string | undefined): boolean {
  return prefix === undefined || repository === prefix || repository.startsWith(`${prefix}/`);
}

/** For people. */
export function scopeText(scope: Scope): string {
  if (scope.kind === 'inventory') return `the list with SHA-256 ${scope.sha256}`;
  const { registry, prefix, allTags } = scope;
  return `${registry}${prefix === undefined ? '' : `/${prefix}`}${allTags ? ' (all tags)' : ''}`;
}
