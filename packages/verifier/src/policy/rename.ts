import type { SignedName } from '../evidence.ts';
import { foldHost } from './match/fold-host.ts';
import type { Rename } from './policy.ts';

/**
 * The name that an image was signed by: the longest `from` that is a whole leading part of its repository is replaced by its `to`, once;
 * the tag is never changed. Rule: design.md 6 `rename`; podman's remapIdentity.
 */
export function renamed(name: SignedName, renames: readonly Rename[]): SignedName {
  const repository = folded(name.repository);
  const fitting = renames.filter(({ from }) => repository === from || repository.startsWith(`${from}/`));
  const longest = fitting.toSorted((one, other) => other.from.length - one.from.length)[0];
  if (longest === undefined) return name;
  return { ...name, repository: longest.to + repository.slice(longest.from.length) };
}

function folded(repository: string): string {
  const slash = repository.indexOf('/');
  return slash === -1 ? repository : foldHost(repository.slice(0, slash)) + repository.slice(slash);
}
