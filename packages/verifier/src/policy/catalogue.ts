import { foldRepository } from './match/fold-host.ts';
import type { Place } from './place.ts';
import type { Requirement } from './requirement.ts';

/** A repository, or all below a leading part of their names; folded. */
export interface RepositoryPattern {
  /** `HOST/PATH`; of a tree what stands before its `/**`: `HOST[/PATH]`. */
  readonly name: string;
  /** Whether everything below `name` is meant, and not `name` itself. */
  readonly isTree: boolean;
}

/** As policies write it. */
export function patternText({ name, isTree }: RepositoryPattern): string {
  return isTree ? `${name}/**` : name;
}

/** `catalogues.NAME` of a policy: who says which tags of these repositories are current. Rule: signed-tags.md 6 */
export interface TagCatalogue {
  readonly name: string;
  /** The collections themselves, by the name that statements and catalogues bear. */
  readonly collections: RepositoryPattern;
  /** Where they are mirrored: a tree for a tree, a repository for a repository. */
  readonly mirrors: readonly RepositoryPattern[];
  /** Where `signet-tags` lies. Default: in the repository that was asked. */
  readonly location?: RepositoryPattern;
  readonly signedBy: Requirement;
  /** How long ago a catalogue may have been issued, milliseconds. */
  readonly maxAgeMs: number;
  /** A catalogue must not have been issued earlier, milliseconds since 1970 UTC. */
  readonly notBeforeMs?: number;
  /** For so long an expired catalogue is taken with a warning, milliseconds; 0: not at all. */
  readonly graceAfterExpiryMs: number;
  /** Where a registry shows less than was seen: go on with what was seen while it has not expired, or deny. */
  readonly onRollback: 'useTrusted' | 'deny';
  /** `REPO:TAG@DIGEST` may be what the tag named until so long ago, milliseconds; 0: what it names now alone. */
  readonly supersededMs: number;
  /** What a reference by digest alone may name: what some tag names now (or what `supersededMs` lets pass), or anything signed. */
  readonly digestReferences: 'listed' | 'any';
  /** `bundle`: catalogues come by hand; in place of their expiry stands an age, milliseconds. */
  readonly freshness: { readonly mode: 'online' } | { readonly mode: 'bundle'; readonly maxAgeMs: number };
  readonly place?: Place;
}

/** What a repository is by a catalogue. */
export interface CollectionPlace {
  /** The name that statements and catalogue bear, `HOST/PATH`. */
  readonly collection: string;
  /** The repository in which `signet-tags` lies, `HOST/PATH`. */
  readonly location: string;
}

/**
 * The collection that a repository (`HOST/PATH`) belongs to, and where its catalogue lies; undefined where the catalogue is not for it. The
 * longest pattern that fits counts. Pure. Rule: signed-tags.md 3.1, 6
 */
export function collectionOf(catalogue: TagCatalogue, repository: string): CollectionPlace | undefined {
  const { collections, mirrors, location } = catalogue;
  const name = foldRepository(repository);
  const [pattern] = [collections, ...mirrors]
    .filter((each) => includes(each, name))
    .toSorted((one, other) => other.name.length - one.name.length);
  if (pattern === undefined) return undefined;
  const rest = name.slice(pattern.name.length);
  return { collection: collections.name + rest, location: location === undefined ? name : location.name + rest };
}

/** Whether the pattern is for this repository (`HOST/PATH`, folded). */
function includes({ name, isTree }: RepositoryPattern, repository: string): boolean {
  return isTree ? repository.startsWith(`${name}/`) : repository === name;
}
