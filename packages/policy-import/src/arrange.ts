import {
  compareSpecificity,
  type ImagePattern,
  PolicyError,
  parseImagePattern,
  patternCovers,
  patternsOverlap,
  type Specificity,
  specificityOf,
} from '@signet/verifier';
import type { Entry, Imported } from './model.ts';

/** Every pattern is compared with every other. */
const maxPatterns = 4000;

/** Patterns that one rule of Signet's speaks of, and the statements that must hold for them. */
export interface Arranged {
  readonly images: readonly string[];
  /** The statement that the rule stands for. */
  readonly main: Entry;
  /** All that hold, in the order of the file. */
  readonly all: readonly Entry[];
  /** Those of them that speak of some of these images only: here the rule is stricter than the other policy. */
  readonly partly: readonly Entry[];
}

interface Unit {
  readonly pattern: ImagePattern;
  readonly specificity: Specificity;
  readonly entry: Entry;
  /** The statements that may decide about an image for which Signet chooses this pattern. */
  readonly deciding: Set<Entry>;
}

/**
 * Lays statements out so that Signet's choice of the most specific rule never gives a laxer answer: each pattern's rule asks for all
 * statements that may decide about images for which Signet chooses it. Rule: design.md 6, specificity.
 * @throws {PolicyError} POLICY_INVALID where there are too many patterns
 */
export function arrange({ entries, order }: Pick<Imported, 'entries' | 'order'>): readonly Arranged[] {
  const units = entries.flatMap((entry) => [...new Set(entry.images)].map((image) => toUnit(image, entry)));
  const [tooMany] = units.slice(maxPatterns);
  if (tooMany !== undefined)
    throw new PolicyError('POLICY_INVALID', `more than ${maxPatterns} image patterns`, { place: tooMany.entry.place });
  const near = new Map(units.map((unit) => [unit, units.filter((other) => overlap(unit, other))]));
  for (const [unit, others] of near) addDeciders(unit, others, order);
  joinTies(near);
  const groups = Map.groupBy(units, ({ deciding }) =>
    entries.flatMap((each, at) => (deciding.has(each) ? [at] : [])).join(),
  );
  return [...groups.values()].map((group) => toArranged(group, entries, units));
}

function toUnit(image: string, entry: Entry): Unit {
  const pattern = parseImagePattern(image);
  return { pattern, specificity: specificityOf(pattern), entry, deciding: new Set() };
}

function overlap(one: Unit, other: Unit): boolean {
  return !differSoon(one.pattern.parts, other.pattern.parts) && patternsOverlap(one.pattern, other.pattern);
}

/** Two literal parts that differ are the usual case; the rest is dearer. */
function differSoon(one: ImagePattern['parts'], other: ImagePattern['parts']): boolean {
  for (const [at, a] of one.entries()) {
    const b = other[at];
    if (a.kind !== 'one' || b?.kind !== 'one' || a.glob.includes('*') || b.glob.includes('*')) return false;
    if (a.glob !== b.glob) return true;
  }
  return false;
}

function addDeciders(unit: Unit, near: readonly Unit[], order: Imported['order']): void {
  const saysMore = near.filter((other) => compareSpecificity(other.specificity, unit.specificity) > 0);
  const open = near.filter((other) => !saysMore.includes(other) && !isTaken(other, unit, saysMore));
  const covering = open.filter(({ pattern, entry }) => !entry.isExtra && patternCovers(pattern, unit.pattern));
  const best = Math.max(...covering.map(({ entry }) => entry.rank));
  for (const { entry } of open.filter((other) => !excludes(other.entry, unit.pattern)))
    if (order === 'all' || entry.isExtra || entry.rank >= best) unit.deciding.add(entry);
}

/** Whether a more specific pattern decides about all that the two have in common. */
function isTaken(other: Unit, unit: Unit, saysMore: readonly Unit[]): boolean {
  const [host] = unit.pattern.parts;
  const [first, ...path] = other.pattern.parts;
  const sameHost = host?.kind === 'one' && first?.kind === 'one' && !host.glob.includes('*');
  const common = sameHost ? { ...other.pattern, parts: [host, ...path] } : other.pattern;
  return other !== unit && saysMore.some(({ pattern }) => patternCovers(pattern, common));
}

function excludes(entry: Entry, pattern: ImagePattern): boolean {
  return entry.excludes?.some((each) => patternCovers(parseImagePattern(each), pattern)) === true;
}

/** Overlapping patterns that say equally much must lead to one rule, or the policy is refused: what holds for either then holds for both. */
function joinTies(near: ReadonlyMap<Unit, readonly Unit[]>): void {
  const done = new Set<Unit>();
  for (const first of near.keys()) {
    const tied: Unit[] = [];
    const open = [first];
    for (let unit = open.pop(); unit !== undefined; unit = open.pop()) {
      if (done.has(unit)) continue;
      done.add(unit);
      tied.push(unit);
      const { specificity } = unit;
      open.push(...(near.get(unit) ?? []).filter((other) => compareSpecificity(other.specificity, specificity) === 0));
    }
    const all = tied.flatMap(({ deciding }) => [...deciding]);
    for (const { deciding } of tied) for (const entry of all) deciding.add(entry);
  }
}

function toArranged(group: readonly Unit[], entries: readonly Entry[], units: readonly Unit[]): Arranged {
  const all = entries.filter((entry) => group.some(({ deciding }) => deciding.has(entry)));
  const covers = (entry: Entry): boolean =>
    group.every(({ pattern }) => units.some((other) => other.entry === entry && patternCovers(other.pattern, pattern)));
  const own = group.map(({ entry }) => entry);
  const main = own.find((entry) => all.includes(entry)) ?? all[0] ?? own[0];
  if (main === undefined) throw new PolicyError('POLICY_INVALID', 'a rule without a pattern'); // groupBy makes no empty group
  return {
    images: [...new Set(group.map(({ pattern }) => pattern.text))],
    main,
    all,
    partly: all.filter((entry) => !covers(entry)),
  };
}
