import { patternText, type RepositoryPattern, type TagCatalogue } from '../catalogue.ts';
import { type ImagePattern, isAny, parseImagePattern, patternCovers, patternsOverlap } from '../match/image-pattern.ts';
import { compareSpecificity, specificityOf } from '../match/specificity.ts';
import { canBeMet } from '../requirement.ts';
import type { Rule } from '../rule.ts';
import { canMakeStatements } from '../source.ts';
import type { NamedCatalogue } from './catalogues.ts';
import type { Loading } from './loading.ts';
import { quoted } from './problems.ts';
import type { PlacedPattern } from './rules.ts';

/** Patterns that are held against those of catalogues for warnings alone. A policy of people needs next to none. */
const maxSteps = 1_000_000;

/**
 * Holds rules and catalogues against one another. Faults: images that no collection has, and rules that no statement can meet. Warnings: images
 * of which only some are in a collection, catalogues that no rule asks, and images of a collection that a rule judges without its catalogue.
 */
export function tellReach(
  patterns: readonly PlacedPattern[],
  catalogues: ReadonlyMap<string, NamedCatalogue>,
  { problems }: Loading,
): void {
  if (catalogues.size === 0 || problems.isFull) return;
  const reaching = [...catalogues.values()].map((named): Reaching => {
    const trusted = patterns.filter(({ target }) => target.catalogue === named.catalogue);
    return { ...named, own: imagesOf(named.catalogue), trusted };
  });
  for (const each of reaching) {
    if (each.trusted.length === 0)
      problems.warn(`no rule asks the catalogue ${quoted(each.catalogue.name)}`, each.place);
    if (each.isWhole) for (const pattern of each.trusted) tellPattern(pattern, each, problems);
    for (const rule of new Set(each.trusted.map(({ target }) => target))) tellUnmeetable(rule, problems);
  }
  tellOtherTags(
    patterns,
    reaching.filter(({ isWhole }) => isWhole),
    problems,
  );
}

interface Reaching extends NamedCatalogue {
  /** Of its collections and mirrors. */
  readonly own: readonly ImagePattern[];
  /** Of the rules that ask it. */
  readonly trusted: readonly PlacedPattern[];
}

type Problems = Loading['problems'];

function imagesOf({ collections, mirrors }: TagCatalogue): readonly ImagePattern[] {
  const written = (pattern: RepositoryPattern) => parseImagePattern(patternText(pattern));
  return [collections, ...mirrors].filter(({ name }) => name !== '').map(written);
}

function tellPattern({ pattern, place }: PlacedPattern, { catalogue, own }: Reaching, problems: Problems): void {
  const name = quoted(catalogue.name);
  const hint = `it is for ${[catalogue.collections, ...catalogue.mirrors].slice(0, 5).map(patternText).join(', ')}`;
  if (!own.some((each) => patternsOverlap(each, pattern)))
    problems.add(`no image of ${quoted(pattern.text)} is in a collection of the catalogue ${name}`, place, { hint });
  else if (!own.some((each) => patternCovers(each, pattern)))
    problems.warn(
      `not all images of ${quoted(pattern.text)} are in a collection of the catalogue ${name}: the others are denied`,
      place,
      { hint },
    );
}

function tellUnmeetable({ name, require, place }: Rule, problems: Problems): void {
  if (place === undefined || !canBeMet(require) || canBeMet(require, canMakeStatements)) return;
  problems.add(`nothing satisfies rule ${quoted(name)}: signatures in the format cosign say nothing of a tag`, place, {
    hint: 'with tag: trusted at least one other format must count',
  });
}

/** A collection is no safer than the weakest rule that reaches it. */
function tellOtherTags(patterns: readonly PlacedPattern[], catalogues: readonly Reaching[], problems: Problems): void {
  const budget = { left: maxSteps };
  for (const { pattern, place, target } of patterns) {
    const { name, tag, mode, require } = target;
    if (tag === 'trusted' || (mode !== 'skip' && !canBeMet(require))) continue;
    const reached = catalogues.find((each) => isReached(each, pattern, budget));
    if (budget.left < 0) return;
    if (reached === undefined) continue;
    const judged = mode === 'skip' ? 'mode: skip' : `tag: ${tag}`;
    problems.warn(
      `rule ${quoted(name)} (${judged}) decides about images of the catalogue ${quoted(reached.catalogue.name)} without asking it`,
      place,
      { hint: 'give it tag: trusted too, if that is not meant' },
    );
  }
}

/** Whether the pattern of a rule that does not ask the catalogue decides about some of its images. */
function isReached({ own, trusted }: Reaching, pattern: ImagePattern, budget: { left: number }): boolean {
  if (trusted.length === 0 || !own.some((each) => mayShareHost(each, pattern))) return false;
  budget.left -= own.length * trusted.length;
  if (budget.left < 0) return false;
  return own.some((each) => patternsOverlap(each, pattern) && !isShadowed(pattern, each, trusted));
}

/** A cheap look, so that catalogues of other registries cost nothing. */
function mayShareHost({ parts: [one] }: ImagePattern, { parts: [other] }: ImagePattern): boolean {
  if (one === undefined || other === undefined || isAny(one) || isAny(other)) return true;
  return other.glob.includes('*') || one.glob === other.glob;
}

/** Whether a rule that asks the catalogue goes before wherever the pattern and the catalogue meet. */
function isShadowed(pattern: ImagePattern, own: ImagePattern, trusted: readonly PlacedPattern[]): boolean {
  const specificity = specificityOf(pattern);
  return trusted.some(
    ({ pattern: asking }) => patternCovers(asking, own) && compareSpecificity(specificityOf(asking), specificity) > 0,
  );
}
