import { globsOverlap } from './glob.ts';
import { type ImagePattern, isAny, type PatternPart } from './image-pattern.ts';
import { PairTable } from './pair-table.ts';
import { specificityOf } from './specificity.ts';

/** A rule's pattern with what it leads to. */
export interface Scoped<Target> {
  readonly pattern: ImagePattern;
  readonly target: Target;
}

/** Two patterns of different targets that say equally much, and why which of them decides is not clear. */
export interface Tie<Item> {
  readonly one: Item;
  readonly other: Item;
  readonly why: string;
}

const overlap = 'say equally much and have images in common: which of their rules decides is not clear';
const unclear = 'say equally much, and too many do to tell which of them have images in common';

/** Globs that are held against one another, of pairs that turn out not to overlap. A policy of people needs next to none. */
const maxSteps = 2_000_000;

/**
 * All pairs of patterns, of different targets, that say equally much and overlap. Beyond `steps` every pair that might is given.
 * Rule: design.md 6.
 */
export function* tiesOf<Item extends Scoped<unknown>>(
  items: readonly Item[],
  steps: number = maxSteps,
): Generator<Tie<Item>> {
  let left = steps;
  const placed = items.map((item): Placed<Item> => ({ item, ...placesOf(item.pattern) }));
  for (const alike of Map.groupBy(placed, kindOf).values()) {
    for (const [one, other] of nearPairs(alike)) {
      const isSure = left > 0;
      if (isSure && !placesOverlap(one, other)) left -= one.places.length;
      else yield { one: one.item, other: other.item, why: isSure ? overlap : unclear };
    }
  }
}

/** What a pattern says at places that every name it matches has. */
interface Places {
  /** Tag, digest, host, then parts of the path: all of them, or those before the first `**`. */
  readonly places: readonly string[];
  /** The parts after the last `**`, from the end. */
  readonly fromEnd: readonly string[];
}

interface Placed<Item> extends Places {
  readonly item: Item;
}

function placesOf({ tag = '*', digest = '*', parts }: ImagePattern): Places {
  const first = parts.findIndex(isAny);
  const start = first === -1 ? parts : parts.slice(0, first);
  const end = first === -1 ? [] : parts.slice(parts.findLastIndex(isAny) + 1).toReversed();
  return { places: [tag, digest, ...start.map(globOf)], fromEnd: end.map(globOf) };
}

function globOf(part: PatternPart): string {
  return part.kind === 'one' ? part.glob : '*';
}

/** Patterns of different kinds never tie. Within one, all names are equally long, or all may be longer: then only ends need to fit. */
function kindOf({ item: { pattern }, places }: Placed<Scoped<unknown>>): string {
  const { parts } = pattern;
  return [...Object.values(specificityOf(pattern)), parts.some(isAny) ? '' : places.length].join();
}

/** Every pair that overlaps, and few others: globs that begin or end differently at one place have nothing in common. */
function* nearPairs<Item extends Scoped<unknown>>(
  alike: readonly Placed<Item>[],
): Generator<readonly [Placed<Item>, Placed<Item>]> {
  const table = new PairTable(alike.length);
  table.dropWithin(Map.groupBy(alike.keys(), (at) => alike[at]?.item.target).values());
  for (const column of columnsOf(alike)) {
    if (!table.keepPrefixes(column.map(beginningOf)) || !table.keepPrefixes(column.map(endOf))) return;
  }
  for (const [at, next] of table.pairs()) {
    const [one, other] = [alike[at], alike[next]];
    if (one !== undefined && other !== undefined) yield [one, other];
  }
}

function* columnsOf(alike: readonly Places[]): Generator<readonly string[]> {
  for (const side of ['places', 'fromEnd'] as const) {
    const length = Math.max(...alike.map((each) => each[side].length));
    for (let at = 0; at < length; at += 1) yield alike.map((each) => each[side][at] ?? '*');
  }
}

/** What is not a star ends with a sign that no pattern has. */
function beginningOf(glob: string): string {
  const star = glob.indexOf('*');
  return star === -1 ? `${glob}\n` : glob.slice(0, star);
}

/** From the last character on. */
function endOf(glob: string): string {
  return beginningOf([...glob].reverse().join(''));
}

function placesOverlap(one: Places, other: Places): boolean {
  return (['places', 'fromEnd'] as const).every((side) =>
    one[side].every((glob, at) => globsOverlap(glob, other[side][at] ?? '*')),
  );
}
