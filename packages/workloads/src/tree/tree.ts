import { WorkloadError } from '../errors.ts';
import type { Pin } from '../inventory.ts';
import type { WorkloadLimits } from '../limits.ts';
import type { PlaceFinder, Span } from '../place.ts';

/** Where a value stands in a text, and how a digest gets to its end. */
export interface Spot {
  readonly span: Span;
  readonly pin: Pin;
  /** Where the same text is used by aliases, and where it stands itself: an edit changes all of them. */
  readonly shared?: { readonly users: readonly number[]; readonly start: number };
}

/** A value of YAML, JSON or a parsed object, looked at without being copied: aliases and merges are followed where somebody looks. */
export interface Tree {
  readonly type: 'map' | 'list' | 'text' | 'null' | 'other';
  /** Empty unless it is a text. */
  readonly text: string;
  /** A member of a map, merged ones too; undefined where there is none, and for everything else. */
  readonly get: (key: string) => Tree | undefined;
  /** The members of a map whose keys are texts; none of everything else. */
  readonly entries: () => readonly (readonly [string, Tree])[];
  /** The items of a list; none of everything else. */
  readonly items: () => readonly Tree[];
  /** Absent for parsed objects. */
  readonly spot?: Spot;
}

/** Counts what is looked at: an input of few bytes can mean very much (aliases of aliases). */
export interface Budget {
  /** One more value, at this depth and offset. @throws {WorkloadError} WORKLOAD_TOO_LARGE when it is used up */
  readonly spend: (depth: number, offset?: number) => void;
}

/** A budget for one input. `what` names it in errors where it has no places. */
export function createBudget(
  { maxSteps, maxDepth }: Pick<WorkloadLimits, 'maxSteps' | 'maxDepth'>,
  what: string,
  places?: PlaceFinder,
): Budget {
  let left = maxSteps;
  const refuse = (why: string, offset: number): WorkloadError =>
    places === undefined
      ? new WorkloadError('WORKLOAD_TOO_LARGE', `${what}: ${why}`)
      : new WorkloadError('WORKLOAD_TOO_LARGE', why, { place: places.placeOf({ start: offset, end: offset }) });
  return {
    spend(depth, offset = 0) {
      left--;
      if (left < 0) throw refuse(`more than ${maxSteps} values to look at`, offset);
      if (depth > maxDepth) throw refuse(`nested deeper than ${maxDepth} levels`, offset);
    },
  };
}

/** The text at a path of keys, undefined where there is none. */
export function textAt(tree: Tree | undefined, ...keys: readonly string[]): string | undefined {
  const found = at(tree, ...keys);
  return found?.type === 'text' ? found.text : undefined;
}

/** The value at a path of keys. */
export function at(tree: Tree | undefined, ...keys: readonly string[]): Tree | undefined {
  return keys.reduce<Tree | undefined>((value, key) => value?.get(key), tree);
}
