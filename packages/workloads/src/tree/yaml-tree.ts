import { isAlias, isMap, isScalar, isSeq, type Node, type Scalar, type YAMLMap } from 'yaml';
import { WorkloadError } from '../errors.ts';
import type { Pin } from '../inventory.ts';
import type { PlaceFinder, Span } from '../place.ts';
import { type Aliases, isMergeKey, isPlainTag, keyText, sidesOf } from '../yaml/resolve.ts';
import type { Budget, Spot, Tree } from './tree.ts';

/** What all values of one document share. */
export interface YamlContext {
  readonly text: string;
  readonly aliases: Aliases;
  readonly places: PlaceFinder;
  readonly budget: Budget;
}

/** A value of a YAML document as a tree. The place of an alias is its own, the edit that of what it stands for. */
export function yamlTree(node: Node, context: YamlContext): Tree {
  return treeOf(node, { ...context, indexes: new Map() }, 0);
}

interface Walk extends YamlContext {
  /** The members of the maps that were looked into: each is indexed once. */
  readonly indexes: Map<YAMLMap, ReadonlyMap<string, Node>>;
}

function treeOf(node: Node, context: Walk, depth: number): Tree {
  context.budget.spend(depth);
  const target = context.aliases.targetOf(node);
  const tree = (value: Node): Tree => treeOf(value, context, depth + 1);
  return {
    type: typeOf(target),
    text: isScalar(target) && typeof target.value === 'string' && isPlainTag(target) ? target.value : '',
    get(key) {
      const member = isMap(target) ? indexOf(target, context, depth).get(key) : undefined;
      return member === undefined ? undefined : tree(member);
    },
    entries: () =>
      isMap(target) ? [...indexOf(target, context, depth)].map(([key, value]) => [key, tree(value)] as const) : [],
    items: () => (isSeq(target) ? target.items.flatMap((item) => (isNode(item) ? [tree(item)] : [])) : []),
    spot: spotOf(node, target, context),
  };
}

function typeOf(node: Node): Tree['type'] {
  if (isMap(node)) return 'map';
  if (isSeq(node)) return 'list';
  if (!isScalar(node)) return 'other';
  if (node.value === null) return 'null';
  return typeof node.value === 'string' && isPlainTag(node) ? 'text' : 'other';
}

/** A map's members by their keys, those that it merges included. */
function indexOf(map: YAMLMap, context: Walk, depth: number): ReadonlyMap<string, Node> {
  const known = context.indexes.get(map);
  if (known !== undefined) return known;
  const own = new Map<string, Node>();
  const merged = new Map<string, Node>();
  for (const pair of map.items) {
    context.budget.spend(depth);
    const { key, value } = sidesOf(pair);
    if (key === undefined || value === undefined) continue;
    const name = keyText(key, context.aliases);
    if (isMergeKey(key)) {
      for (const source of mergeSources(value, context))
        mergeInto(merged, own, indexOf(source, context, depth + 1), context);
    } else if (name !== undefined) own.set(name, value);
  }
  for (const [name, value] of merged) if (!own.has(name)) own.set(name, value);
  context.indexes.set(map, own);
  return own;
}

function mergeSources(value: Node, context: YamlContext): readonly YAMLMap[] {
  const target = context.aliases.targetOf(value);
  const sources: readonly unknown[] = isSeq(target) ? target.items : [target];
  return sources.map((source) => {
    const map = isNode(source) ? context.aliases.targetOf(source) : undefined;
    if (isMap(map)) return map;
    throw malformed(value, context, 'only maps can be merged (<<)');
  });
}

/** A key that stood before the merge is another value to readers that follow YAML 1.1 than to those that let it win. */
function mergeInto(
  merged: Map<string, Node>,
  before: ReadonlyMap<string, Node>,
  source: ReadonlyMap<string, Node>,
  context: Walk,
): void {
  for (const [name, value] of source) {
    context.budget.spend(0);
    const own = before.get(name);
    const quoted = JSON.stringify(name.slice(0, 80));
    if (own !== undefined)
      throw malformed(own, context, `${quoted} stands before the merge (<<) that has it too: put << first`);
    if (!merged.has(name)) merged.set(name, value);
  }
}

function spotOf(node: Node, target: Node, context: YamlContext): Spot {
  return { span: spanOf(node), pin: isScalar(target) ? pinOf(target) : notText };

  function pinOf(scalar: Scalar): Pin {
    const { start, end } = spanOf(scalar);
    const source = context.text.slice(start, end);
    const content =
      scalar.type === 'PLAIN' || scalar.type?.startsWith('BLOCK') === true ? source.trimEnd() : source.slice(0, -1);
    return { kind: 'insert', offset: start + content.length };
  }
}

const notText: Pin = { kind: 'impossible', why: 'it is no text' };

function spanOf(node: Node): Span {
  const [start, end] = node.range ?? [0, 0];
  return { start, end };
}

function isNode(value: unknown): value is Node {
  return isAlias(value) || isScalar(value) || isMap(value) || isSeq(value);
}

function malformed(node: Node, context: YamlContext, what: string): WorkloadError {
  return new WorkloadError('WORKLOAD_MALFORMED', what, { place: context.places.placeOf(spanOf(node)) });
}
