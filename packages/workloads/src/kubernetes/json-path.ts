import { WorkloadError } from '../errors.ts';
import type { Tree } from '../tree/tree.ts';

/** One step of a path. */
type Segment =
  | { readonly kind: 'member'; readonly name: string }
  | { readonly kind: 'index'; readonly index: number }
  | { readonly kind: 'every' }
  | { readonly kind: 'anywhere'; readonly name: string };

/** A parsed path. */
export interface JsonPath {
  readonly text: string;
  readonly segments: readonly Segment[];
}

/** A value that a path leads to, and the way there: `spec.containers[0]`. */
export interface Selected {
  readonly tree: Tree;
  readonly path: string;
}

const segmentPattern =
  /\.\.([A-Za-z_][\w-]*)|\.([A-Za-z_][\w-]*)|(\.\*|\[\*\])|\[(0|[1-9][0-9]{0,5})\]|\['([^'\\]{1,253})'\]|\["([^"\\]{1,253})"\]/y;
const maxSegments = 32;

/**
 * A subset of JSONPath: `$`, `.name`, `['any name']`, `[0]`, `[*]` or `.*`, `..name`. No filters, slices or unions: a path says where an
 * image stands, and is walked over values that keep their places, which libraries over plain objects lose.
 * Rule: RFC 9535, 2.3 (name, index and wildcard selectors) and 2.5.
 * @throws {WorkloadError} WORKLOAD_PATH_INVALID
 */
export function parseJsonPath(text: string): JsonPath {
  const segments: Segment[] = [];
  if (!text.startsWith('$')) throw invalid(text, 'it begins with $');
  let at = 1;
  while (at < text.length) {
    segmentPattern.lastIndex = at;
    const match = segmentPattern.exec(text);
    if (match === null)
      throw invalid(text, `${JSON.stringify(text.slice(at, at + 20))} is not .name, ['name'], [0], [*] or ..name`);
    segments.push(segmentOf(match));
    at += match[0].length;
  }
  if (segments.length > maxSegments) throw invalid(text, `it has more than ${maxSegments} steps`);
  return { text, segments };
}

/** All values that the path leads to, in the order of the document. */
export function selectPath(root: Tree, path: JsonPath): readonly Selected[] {
  return path.segments.reduce<readonly Selected[]>(
    (values, segment) => values.flatMap((value) => step(value, segment)),
    [{ tree: root, path: '' }],
  );
}

/** `path` and the name of a member, as it is shown. */
export function memberPath(path: string, name: string): string {
  if (!/^[A-Za-z_][\w-]{0,252}$/.test(name)) return `${path}[${JSON.stringify(name.slice(0, 253))}]`;
  return path === '' ? name : `${path}.${name}`;
}

/** The members of a map and the items of a list, with their ways. */
export function childrenOf({ tree, path }: Selected): readonly Selected[] {
  if (tree.type === 'list') return tree.items().map((item, index) => ({ tree: item, path: `${path}[${index}]` }));
  return tree.entries().map(([name, member]) => ({ tree: member, path: memberPath(path, name) }));
}

function segmentOf(match: RegExpExecArray): Segment {
  const [, anywhere, dotted, every, index, single, double] = match;
  if (anywhere !== undefined) return { kind: 'anywhere', name: anywhere };
  if (every !== undefined) return { kind: 'every' };
  if (index !== undefined) return { kind: 'index', index: Number(index) };
  return { kind: 'member', name: dotted ?? single ?? double ?? '' };
}

function step(value: Selected, segment: Segment): readonly Selected[] {
  switch (segment.kind) {
    case 'member': {
      const member = value.tree.get(segment.name);
      return member === undefined ? [] : [{ tree: member, path: memberPath(value.path, segment.name) }];
    }
    case 'index': {
      const item = value.tree.items()[segment.index];
      return item === undefined ? [] : [{ tree: item, path: `${value.path}[${segment.index}]` }];
    }
    case 'every':
      return childrenOf(value);
    case 'anywhere':
      return anywhere(value, segment);
  }
}

/** Depth is bounded where the input was parsed, width by the budget of the tree. */
function anywhere(value: Selected, segment: Extract<Segment, { kind: 'anywhere' }>): readonly Selected[] {
  const here = step(value, { kind: 'member', name: segment.name });
  return [...here, ...childrenOf(value).flatMap((child) => anywhere(child, segment))];
}

function invalid(text: string, why: string): WorkloadError {
  return new WorkloadError(
    'WORKLOAD_PATH_INVALID',
    `not a path to an image: ${JSON.stringify(text.slice(0, 200))}: ${why}`,
  );
}
