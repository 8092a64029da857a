import type { ImagePattern, PatternPart } from './image-pattern.ts';

/** How much a pattern says, most telling first; larger says more. Rule: design.md 6. */
export type Specificity = readonly [
  /** 2: a literal host; 1: a glob; 0: any. */
  host: number,
  literalLeadingParts: number,
  fewerAny: number,
  fewerStars: number,
  tagOrDigest: number,
];

/** A pattern's specificity, to be compared by {@link compareSpecificity}. */
export function specificityOf({ parts, tag, digest }: ImagePattern): Specificity {
  const [host, ...path] = parts;
  const firstOpen = path.findIndex((part) => !isLiteral(part));
  const stars = parts.reduce((sum, part) => sum + (part.kind === 'one' ? countStars(part.glob) : 0), 0);
  return [
    host === undefined || host.kind === 'any' || host.glob === '*' ? 0 : isLiteral(host) ? 2 : 1,
    firstOpen === -1 ? path.length : firstOpen,
    -parts.filter(({ kind }) => kind === 'any').length,
    -stars,
    tag === undefined && digest === undefined ? 0 : 1,
  ];
}

/** Positive where `one` says more than `other`, 0 where neither does. */
export function compareSpecificity(one: Specificity, other: Specificity): number {
  for (const [at, value] of one.entries()) {
    const difference = value - (other[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** A part that stands for itself alone. */
export function isLiteral(part: PatternPart): part is PatternPart & { readonly kind: 'one' } {
  return part.kind === 'one' && !part.glob.includes('*');
}

function countStars(glob: string): number {
  return glob.split('*').length - 1;
}
