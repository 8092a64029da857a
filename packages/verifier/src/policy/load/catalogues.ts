import { patternText, type RepositoryPattern, type TagCatalogue } from '../catalogue.ts';
import type { Place } from '../place.ts';
import { canBeMet, type Requirement } from '../requirement.ts';
import { canMakeStatements } from '../source.ts';
import type { CatalogueInput } from './input.ts';
import { policyLimits } from './limits.ts';
import type { LoadedFile, Loading } from './loading.ts';
import { type NodePath, nodeAt, placeOfName } from './node.ts';
import { quoted } from './problems.ts';
import { parseRepositoryPattern } from './repository-pattern.ts';
import { buildRequirement } from './requirement-tree.ts';
import { type NamedSource, placeText } from './sources.ts';
import { parseDuration, parseTime } from './times.ts';

/** A catalogue with where it is named. One that has faults is there too: rules may name it. */
export interface NamedCatalogue {
  readonly catalogue: TagCatalogue;
  readonly place: Place;
  /** Its patterns have no fault. */
  readonly isWhole: boolean;
}

/** What catalogues are built with. */
export interface CatalogueContext extends Loading {
  readonly sources: ReadonlyMap<string, NamedSource>;
  /** Names of sources that something asks for: filled here. */
  readonly usedSources: Set<string>;
}

/**
 * The catalogues of all files by name. What would leave open which collection a repository is, or let two collections share one catalogue, is
 * a fault. Rule: signed-tags.md 6
 */
export function loadCatalogues(context: CatalogueContext): ReadonlyMap<string, NamedCatalogue> {
  const { files, problems } = context;
  const catalogues = new Map<string, NamedCatalogue>();
  const patterns: PlacedPattern[] = [];
  for (const file of files) {
    for (const [name, input] of Object.entries(file.input.catalogues ?? {})) {
      const place = placeOfName(file.root, ['catalogues', name]);
      const first = catalogues.get(name);
      if (problems.isFull) return catalogues;
      if (first !== undefined)
        problems.add(`the catalogue ${quoted(name)} is there already: ${placeText(first.place)}`, place);
      else if (catalogues.size >= policyLimits.maxCatalogues)
        problems.add(`the policy has more than ${policyLimits.maxCatalogues} catalogues`, place);
      else catalogues.set(name, buildCatalogue({ file, name, input, place }, { context, patterns }));
    }
  }
  tellClashes(patterns, context);
  return catalogues;
}

interface Written {
  readonly file: LoadedFile;
  readonly name: string;
  readonly input: CatalogueInput;
  readonly place: Place;
}

interface PlacedPattern {
  readonly pattern: RepositoryPattern;
  readonly role: 'collections' | 'mirrors' | 'location';
  readonly place: Place;
}

interface Building {
  readonly context: CatalogueContext;
  /** Of all catalogues: filled here. */
  readonly patterns: PlacedPattern[];
}

/** Stands for a pattern that has a fault, which is told. */
const nowhere: RepositoryPattern = { name: '', isTree: false };

function buildCatalogue(written: Written, building: Building): NamedCatalogue {
  const { input, name, place } = written;
  const own: (PlacedPattern | undefined)[] = [patternAt(written, ['collections'], building)];
  const [collections] = own;
  for (const at of (input.mirrors ?? []).keys())
    own.push(patternLike(collections, patternAt(written, ['mirrors', at], building), building));
  if (input.location !== undefined)
    own.push(patternLike(collections, patternAt(written, ['location'], building), building));
  const whole = own.filter((each) => each !== undefined);
  building.patterns.push(...whole);
  const location = whole.find(({ role }) => role === 'location');
  const catalogue: TagCatalogue = {
    name,
    collections: collections?.pattern ?? nowhere,
    mirrors: whole.filter(({ role }) => role === 'mirrors').map(({ pattern }) => pattern),
    ...(location === undefined ? {} : { location: location.pattern }),
    signedBy: signedByOf(written, building.context),
    ...timesOf(written, building.context),
    onRollback: input.onRollback ?? 'useTrusted',
    digestReferences: input.digestReferences ?? 'listed',
    place,
  };
  return { catalogue, place, isWhole: whole.length === own.length };
}

function patternAt(written: Written, path: NodePath, { context }: Building): PlacedPattern | undefined {
  const { file, input } = written;
  const [role, at] = path;
  const text = role === 'mirrors' ? input.mirrors?.[Number(at)] : input[role === 'location' ? role : 'collections'];
  const place = placeIn(written, ...path);
  const expanded = text === undefined ? undefined : file.variables.expand(text, place);
  const pattern = expanded === undefined ? undefined : parseRepositoryPattern(expanded, place, context.problems);
  return pattern === undefined ? undefined : { pattern, place, role: role as PlacedPattern['role'] };
}

/** Part for part the collections are found elsewhere: so a tree stands for a tree, and one repository for one. */
function patternLike(
  collections: PlacedPattern | undefined,
  other: PlacedPattern | undefined,
  { context: { problems } }: Building,
): PlacedPattern | undefined {
  if (collections === undefined || other === undefined || other.pattern.isTree === collections.pattern.isTree)
    return other;
  const what = collections.pattern.isTree
    ? 'is one repository, but the collections are all below a name: it ends in /** too'
    : 'is all below a name, but the collection is one repository';
  problems.add(`${quoted(patternText(other.pattern))} ${what}`, other.place);
  return undefined;
}

/** What nobody signs: for a requirement with a fault, which is told. */
const nothingMeets: Requirement = { kind: 'any', of: [] };

function signedByOf(written: Written, { problems, sources, usedSources }: CatalogueContext): Requirement {
  const { file, name, input } = written;
  const path = ['catalogues', name, 'signedBy'];
  const requirement = buildRequirement(input.signedBy, path, {
    root: file.root,
    sources,
    used: usedSources,
    problems,
    field: 'signedBy',
  });
  if (requirement === undefined) return nothingMeets;
  if (!canBeMet(requirement, canMakeStatements))
    problems.add('no catalogue can ever be signed by this', placeIn(written, 'signedBy'), {
      hint: 'name a source whose signatures may be of another format than cosign',
    });
  return requirement;
}

const defaultMaxAgeMs = 72 * 3_600_000;

type Times = Pick<TagCatalogue, 'maxAgeMs' | 'notBeforeMs' | 'graceAfterExpiryMs' | 'supersededMs' | 'freshness'>;

function timesOf(written: Written, context: CatalogueContext): Times {
  const { maxAge, notBefore, graceAfterExpiry, superseded } = written.input;
  const notBeforeMs = notBefore === undefined ? undefined : parseTime(notBefore);
  if (notBefore !== undefined && notBeforeMs === undefined)
    context.problems.add(`there is no such time: ${quoted(notBefore)}`, placeIn(written, 'notBefore'));
  return {
    maxAgeMs: maxAge === undefined ? defaultMaxAgeMs : toMs(maxAge),
    ...(notBeforeMs === undefined ? {} : { notBeforeMs }),
    graceAfterExpiryMs: toMs(graceAfterExpiry ?? 0),
    supersededMs: toMs(superseded ?? 0),
    freshness: freshnessOf(written, context),
  };
}

function freshnessOf(written: Written, { problems }: CatalogueContext): TagCatalogue['freshness'] {
  const { freshness = { mode: 'online' }, ...input } = written.input;
  const { mode, maxAge } = freshness;
  if (mode === 'online') {
    if (maxAge !== undefined)
      problems.add(
        '"maxAge" of "freshness" means nothing with mode: online',
        placeOfField(written, 'freshness', 'maxAge'),
        { hint: 'the catalogue itself has a "maxAge"' },
      );
    return { mode };
  }
  if (maxAge === undefined)
    problems.add(
      '"maxAge" of "freshness" is missing: with mode: bundle it replaces the expiry',
      placeIn(written, 'freshness'),
    );
  for (const field of ['maxAge', 'graceAfterExpiry'] as const) {
    if (input[field] !== undefined)
      problems.add(
        `${quoted(field)} means nothing with freshness: mode: bundle, whose own "maxAge" counts`,
        placeOfField(written, field),
      );
  }
  return { mode, maxAgeMs: toMs(maxAge ?? 0) };
}

/** Its form was checked with the shape. */
function toMs(duration: string | 0): number {
  return duration === 0 ? 0 : (parseDuration(duration) ?? 0);
}

function placeIn({ file, name }: Written, ...path: NodePath): Place {
  return nodeAt(file.root, ['catalogues', name, ...path]).place;
}

function placeOfField({ file, name }: Written, ...path: NodePath): Place {
  return placeOfName(file.root, ['catalogues', name, ...path]);
}

/** One repository must not be two collections, nor two collections have their catalogues in one place. */
function tellClashes(patterns: readonly PlacedPattern[], { problems }: CatalogueContext): void {
  const named = new Map<string, PlacedPattern>();
  const collections = new Map<string, PlacedPattern>();
  for (const each of patterns) {
    const text = patternText(each.pattern);
    const key = `${each.role === 'location' ? 'location' : 'repository'} ${text}`;
    const first = named.get(key);
    if (first !== undefined)
      problems.add(`${quoted(text)} stands in two places: ${placeText(first.place)}`, each.place);
    else named.set(key, each);
    if (each.role === 'collections' && each.pattern.isTree) collections.set(each.pattern.name, each);
  }
  for (const { pattern, role, place } of patterns) {
    const around = role === 'mirrors' ? leadingNames(pattern.name).find((name) => collections.has(name)) : undefined;
    const outer = around === undefined ? undefined : collections.get(around);
    if (outer !== undefined)
      problems.add(
        `the mirror ${quoted(patternText(pattern))} is inside the collections ${quoted(patternText(outer.pattern))} (${placeText(outer.place)}): what is there would be two collections`,
        place,
      );
  }
}

/** `a/b/c`: `a/b`, `a`. */
function leadingNames(name: string): readonly string[] {
  const parts = name.split('/');
  return parts.slice(1).map((_, at) => parts.slice(0, parts.length - 1 - at).join('/'));
}
