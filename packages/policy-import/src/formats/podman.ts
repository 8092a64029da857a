import { parseImagePattern, patternsOverlap } from '@signet/verifier';
import { onlyInput } from '../inputs.ts';
import {
  type Entry,
  type Imported,
  type ImportedRename,
  type ImportOptions,
  type Loss,
  noConditions,
  type PolicyInput,
} from '../model.ts';
import { type Cursor, readJson } from '../reading.ts';
import { SourceBook } from '../source-book.ts';
import { type Requirement, readRequirement } from './podman-requirement.ts';
import { type Scope, scopeOf } from './podman-scope.ts';

/** One requirement of a scope as an entry, with what it renames. */
interface Placed {
  readonly entry: Entry;
  readonly rename: ImportedRename | undefined;
}

/**
 * podman's, skopeo's and CRI-O's policy.json. Of the scopes the most specific decides; of its requirements all must hold.
 * Rule: containers-policy.json(5).
 * @throws {PolicyError} POLICY_INVALID also for what containers/image refuses: unknown and double fields, empty lists
 */
export function importPodman(inputs: readonly PolicyInput[], options: ImportOptions): Imported {
  const root = readJson(onlyInput(inputs));
  for (const [name, value] of root.others(['default', 'transports'])) throw value.invalid(`${name} is not known here`);
  const transports = root.field('transports')?.fields() ?? [];
  const docker = transports.find(([name]) => name === 'docker')?.[1];
  const book = new SourceBook();
  const losses: Loss[] = transports
    .filter(([name]) => name !== 'docker')
    .map(([name, value]) => otherTransport(name, value));
  const scopes = [['*', root.needField('default')] as const, ...(docker?.fields() ?? [])];
  const placed = scopes.flatMap(([scope, requirements]) => {
    const read = requirementsOf(requirements).map((each) => readRequirement(each, book, options));
    const where = scope === '*' ? defaultScope : scopeOf(scope);
    if (where.images.length === 0) losses.push(unmatched(scope, requirements, where.why));
    return where.images.length === 0 ? [] : read.map((each) => place(each, where, requirements));
  });
  const entries = placed.map((each) => settleRename(each, placed));
  const renames = placed.flatMap(({ rename }, at) =>
    entries[at]?.demand.kind === 'never' || rename === undefined ? [] : [rename],
  );
  return {
    sources: book.sources,
    renames: [...new Map(renames.map((rename) => [rename.from, rename])).values()],
    entries,
    order: 'ranked',
    fallback: 'deny',
    losses,
  };
}

const defaultScope: Scope = { name: 'default', images: ['*'], rank: 0 };

function requirementsOf(cursor: Cursor): readonly Cursor[] {
  const items = cursor.items();
  if (items.length === 0) throw cursor.invalid('a list of requirements must not be empty');
  return items;
}

function place(requirement: Requirement, scope: Scope, at: Cursor): Placed {
  const { demand, identity, losses } = requirement;
  const extra = scope.digest === undefined ? [] : [digestLoss(scope, at)];
  const rename = identity?.rename;
  const isUsed = rename !== undefined && scope.images.some((image) => isUnder(image, rename.from));
  const entry: Entry = {
    name: scope.name,
    images: scope.images,
    rank: scope.rank,
    ...(scope.digest === undefined ? {} : { isExtra: true }),
    mode: 'enforce',
    demand: scope.isFolded === true ? { kind: 'never' } : demand,
    conditions: identity?.conditions ?? noConditions,
    place: at.place,
    losses: [...losses, ...extra, ...(scope.isFolded === true ? [foldedLoss(scope, at)] : [])],
  };
  return { entry, rename: isUsed ? rename : undefined };
}

/** Signet's renames hold for the whole policy: where another rule would be hit by one, nothing satisfies the rule that needs it. */
function settleRename({ entry, rename }: Placed, all: readonly Placed[]): Entry {
  if (rename === undefined) return entry;
  const hit = all.find(
    (other) =>
      other.entry.conditions.tag === 'bound' &&
      other.entry.demand.kind !== 'never' &&
      (other.rename?.from !== rename.from || other.rename.to !== rename.to) &&
      other.entry.images.some((image) => isUnder(image, rename.from)),
  );
  if (hit === undefined) return entry;
  const why = `a rename holds for the whole policy, and the rule of ${hit.entry.name} must not be renamed so`;
  const loss: Loss = { place: entry.place, construct: 'signedIdentity.remapIdentity', why, effect: 'denied' };
  return { ...entry, demand: { kind: 'never' }, losses: [...entry.losses, loss] };
}

/** Whether the pattern matches something that is `prefix` or lies under it. */
function isUnder(image: string, prefix: string): boolean {
  const pattern = parseImagePattern(image);
  const under = prefix.includes('/') ? [prefix, `${prefix}/**`] : [`${prefix}/**`];
  return under.some((each) => patternsOverlap(parseImagePattern(each), pattern));
}

function otherTransport(name: string, value: Cursor): Loss {
  const why = 'rules are for images in registries (docker:); images elsewhere meet no rule';
  return { place: value.place, construct: `transports.${name}`, why, effect: 'stricter' };
}

function unmatched(scope: string, at: Cursor, why: string | undefined): Loss {
  return { place: at.place, construct: `scope ${scope}`, why: why ?? 'matches no image', effect: 'unchanged' };
}

function digestLoss({ name }: Scope, at: Cursor): Loss {
  const why = 'matches a tag too that names this digest; what the wider scope asks is therefore asked as well';
  return { place: at.place, construct: `scope ${name}`, why, effect: 'stricter' };
}

function foldedLoss({ name }: Scope, at: Cursor): Loss {
  const why = 'this host is another name of docker.io here, whose images have rules of their own';
  return { place: at.place, construct: `scope ${name}`, why, effect: 'denied' };
}
