import type { Place } from '../place.ts';

/** A value of a policy file with its place; plain data, whatever language it was written in. */
export type PolicyNode = ScalarNode | ListNode | MapNode;

/** Text, number, boolean or nothing. */
export interface ScalarNode {
  readonly kind: 'scalar';
  readonly place: Place;
  readonly value: string | number | boolean | null;
  /** As it stands in the file; empty for nothing. */
  readonly source: string;
  /** How the text is written, for finding a place inside it. */
  readonly style: 'plain' | 'quoted' | 'literal' | 'folded';
}

export interface ListNode {
  readonly kind: 'list';
  readonly place: Place;
  readonly items: readonly PolicyNode[];
}

export interface MapNode {
  readonly kind: 'map';
  readonly place: Place;
  readonly entries: ReadonlyMap<string, MapEntry>;
}

export interface MapEntry {
  /** Of the name. */
  readonly place: Place;
  readonly value: PolicyNode;
}

/** Names and numbers that lead from a node to one inside it. */
export type NodePath = readonly (string | number)[];

/** The node that the path leads to; where it ends early, the last one on the way. */
export function nodeAt(root: PolicyNode, path: NodePath): PolicyNode {
  let node = root;
  for (const step of path) {
    const next =
      node.kind === 'map'
        ? node.entries.get(`${step}`)?.value
        : node.kind === 'list'
          ? node.items[Number(step)]
          : undefined;
    if (next === undefined) return node;
    node = next;
  }
  return node;
}

/** Where the name that the path ends in stands; for an item of a list, the item. */
export function placeOfName(root: PolicyNode, path: NodePath): Place {
  const parent = nodeAt(root, path.slice(0, -1));
  const name = path.at(-1);
  const entry = parent.kind === 'map' ? parent.entries.get(`${name}`) : undefined;
  return entry?.place ?? nodeAt(root, path).place;
}

/** The node as plain data. Objects have no prototype: a name of the policy can never be one that every object has. */
export function toPlain(node: PolicyNode): unknown {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'list') return node.items.map(toPlain);
  const object: Record<string, unknown> = Object.create(null);
  for (const [name, { value }] of node.entries) object[name] = toPlain(value);
  return object;
}
