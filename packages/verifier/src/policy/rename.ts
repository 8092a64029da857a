import type { SignedName } from '../evidence.ts';
import { foldRepository } from './match/fold-host.ts';
import type { Rename } from './policy.ts';

/**
 * The name that an image was signed by: the longest `from` that is a whole leading part of its repository is replaced by its `to`, once;
 * the tag is never changed. Rule: design.md 6 `rename`; podman's remapIdentity.
 */
export function renamed(name: SignedName, renames: readonly Rename[]): SignedName {
  const rename = renameFor(name.repository, renames);
  if (rename === undefined) return name;
  return { ...name, repository: rename.to + foldRepository(name.repository).slice(rename.from.length) };
}

/** The one that applies to `HOST/PATH`; undefined where none does. */
export function renameFor(name: string, renames: readonly Rename[]): Rename | undefined {
  const repository = foldRepository(name);
  const fitting = renames.filter(({ from }) => repository === from || repository.startsWith(`${from}/`));
  return fitting.toSorted((one, other) => other.from.length - one.from.length)[0];
}
