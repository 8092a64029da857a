import { type ImagePattern, isAny, type PatternPart } from './image-pattern.ts';

/**
 * How much a pattern says, in the order in which it counts; larger says more. A pattern that matches only a part of what another one
 * matches has no smaller number before a larger one: it always goes first. Rule: design.md 6.
 */
export interface Specificity {
  /** Literal characters of the host: all that it has where it has no `*`. */
  readonly host: number;
  readonly fewerHostStars: number;
  /** Parts of the path before the first that is not literal. */
  readonly literalLeadingParts: number;
  /** 1: the path has no `**`. */
  readonly withoutAny: number;
  /** Literal characters of host and path, the slashes among them. */
  readonly literals: number;
  readonly fewerAny: number;
  readonly fewerStars: number;
  /** How many of tag and digest it names. */
  readonly tagAndDigest: number;
  readonly tagLiterals: number;
  readonly fewerTagStars: number;
}

/** A pattern's specificity, to be compared by {@link compareSpecificity}. */
export function specificityOf({ parts, tag, digest }: ImagePattern): Specificity {
  const globs = parts.flatMap((part) => (isAny(part) ? [] : [part.glob]));
  const anys = parts.length - globs.length;
  const host = parts[0] === undefined || isAny(parts[0]) ? '*' : parts[0].glob;
  const firstOpen = parts.findIndex((part, at) => (at === 0 ? isAny(part) : !isLiteral(part)));
  const named = [tag, digest].filter((glob) => glob !== undefined);
  return {
    host: literalsIn(host),
    fewerHostStars: -starsIn(host),
    literalLeadingParts: Math.max(0, (firstOpen === -1 ? parts.length : firstOpen) - 1),
    withoutAny: anys === 0 ? 1 : 0,
    literals: sum(globs, literalsIn) + globs.length,
    fewerAny: -anys,
    fewerStars: -sum(globs, starsIn),
    tagAndDigest: named.length,
    tagLiterals: sum(named, literalsIn),
    fewerTagStars: -sum(named, starsIn),
  };
}

/** In the order in which they count. */
const measures: readonly (keyof Specificity)[] = [
  'host',
  'fewerHostStars',
  'literalLeadingParts',
  'withoutAny',
  'literals',
  'fewerAny',
  'fewerStars',
  'tagAndDigest',
  'tagLiterals',
  'fewerTagStars',
];

/** Positive where `one` says more than `other`, 0 where neither does. */
export function compareSpecificity(one: Specificity, other: Specificity): number {
  const measure = differenceOf(one, other);
  return measure === undefined ? 0 : one[measure] - other[measure];
}

/** What tells two patterns apart; undefined where they say equally much. */
export function differenceOf(one: Specificity, other: Specificity): keyof Specificity | undefined {
  return measures.find((measure) => one[measure] !== other[measure]);
}

/** A part that stands for itself alone. */
export function isLiteral(part: PatternPart): part is PatternPart & { readonly kind: 'one' } {
  return part.kind === 'one' && !part.glob.includes('*');
}

function literalsIn(glob: string): number {
  return glob.length - starsIn(glob);
}

function starsIn(glob: string): number {
  return glob.split('*').length - 1;
}

function sum(globs: readonly string[], measure: (glob: string) => number): number {
  return globs.reduce((total, glob) => total + measure(glob), 0);
}
