import { type ImagePattern, type PatternPart, patternsOverlap } from './image-pattern.ts';
import { isLiteral, specificityOf } from './specificity.ts';

/** A rule's pattern with what it leads to. */
export interface Scoped<Target> {
  readonly pattern: ImagePattern;
  readonly target: Target;
}

/**
 * All pairs of patterns, of different targets, that say equally much and overlap. Not every pattern is held against every other: those
 * that have different literals at the same place are kept apart first. Rule: design.md 6.
 */
export function* tiesOf<Item extends Scoped<unknown>>(items: readonly Item[]): Generator<readonly [Item, Item]> {
  const marked = items.map((item) => ({ item, marks: marksOf(item.pattern) }));
  for (const alike of Map.groupBy(marked, ({ item }) => specificityOf(item.pattern).join()).values()) {
    for (const [{ item: one }, { item: other }] of nearPairs(alike, 0)) {
      if (one.target !== other.target && patternsOverlap(one.pattern, other.pattern)) yield [one, other];
    }
  }
}

/** What a pattern says at fixed places, tag and digest first; undefined where it is open. */
interface Marked<Item> {
  readonly item: Item;
  readonly marks: readonly Mark[];
}

type Mark = string | undefined;

function marksOf({ tag, digest, parts }: ImagePattern): readonly Mark[] {
  const any = parts.findIndex(({ kind }) => kind === 'any');
  const fixed = any === -1 ? parts : parts.slice(0, any);
  // Without a part for any number of parts, the end is at a fixed place too.
  return [literalOf(tag), literalOf(digest), ...fixed.map(markOf), ...(any === -1 ? ['/'] : [])];
}

function markOf(part: PatternPart): Mark {
  return isLiteral(part) ? part.glob : undefined;
}

function literalOf(glob: string | undefined): Mark {
  return glob === undefined || glob.includes('*') ? undefined : glob;
}

/** Fewer are held against one another without more ado. */
const fewItems = 8;

/** Pairs that no mark from here on keeps apart: every pair that overlaps is among them. */
function* nearPairs<Item>(
  items: readonly Marked<Item>[],
  at: number,
): Generator<readonly [Marked<Item>, Marked<Item>]> {
  if (items.length <= fewItems || items.every(({ marks }) => marks.length <= at)) return yield* allPairs(items);
  const open = items.filter(({ marks }) => marks[at] === undefined);
  const marked = items.filter(({ marks }) => marks[at] !== undefined);
  for (const group of Map.groupBy(marked, ({ marks }) => marks[at]).values()) yield* nearPairs(group, at + 1);
  yield* nearPairs(open, at + 1);
  for (const one of open) {
    for (const other of marked) if (!areApart(one.marks, other.marks)) yield [one, other];
  }
}

function* allPairs<Item>(items: readonly Marked<Item>[]): Generator<readonly [Marked<Item>, Marked<Item>]> {
  for (const [at, one] of items.entries()) {
    for (let next = at + 1; next < items.length; next += 1) {
      const other = items[next];
      if (other !== undefined && !areApart(one.marks, other.marks)) yield [one, other];
    }
  }
}

function areApart(one: readonly Mark[], other: readonly Mark[]): boolean {
  for (let at = 0; at < one.length && at < other.length; at += 1) {
    const [a, b] = [one[at], other[at]];
    if (a !== undefined && b !== undefined && a !== b) return true;
  }
  return false;
}
