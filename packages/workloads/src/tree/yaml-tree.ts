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
  return new YamlTree(node, { ...context, indexes: new Map() }, 0);
}

interface Walk extends YamlContext {
  /** The members of the maps that were looked into: each is indexed once. */
  readonly indexes: Map<YAMLMap, ReadonlyMap<string, Node>>;
}

/** A class for speed: a file may have millions of values. */
class YamlTree implements Tree {
  readonly type: Tree['type'];
  readonly text: string;
  readonly #node: Node;
  readonly #target: Node;
  readonly #walk: Walk;
  readonly #depth: number;

  constructor(node: Node, walk: Walk, depth: number) {
    walk.budget.spend(depth, spanOf(node).start);
    const target = walk.aliases.targetOf(node);
    this.type = typeOf(target);
    this.text = isScalar(target) && typeof target.value === 'string' && isPlainTag(target) ? target.value : '';
    this.#node = node;
    this.#target = target;
    this.#walk = walk;
    this.#depth = depth;
  }

  get(key: string): Tree | undefined {
    const member = isMap(this.#target) ? indexOf(this.#target, this.#walk, this.#depth).get(key) : undefined;
    return member === undefined ? undefined : this.#child(member);
  }

  entries(): readonly (readonly [string, Tree])[] {
    if (!isMap(this.#target)) return [];
    const members = indexOf(this.#target, this.#walk, this.#depth);
    return [...members].map(([key, value]) => [key, this.#child(value)] as const);
  }

  items(): readonly Tree[] {
    return isSeq(this.#target) ? this.#target.items.flatMap((item) => (isNode(item) ? [this.#child(item)] : [])) : [];
  }

  get spot(): Spot {
    const { text, aliases } = this.#walk;
    const span = spanOf(this.#node);
    const target = this.#target;
    return isScalar(target)
      ? { span, pin: pinOf(target, text), shared: { users: aliases.usersOf(target), start: spanOf(target).start } }
      : { span, pin: notText };
  }

  #child(node: Node): Tree {
    return new YamlTree(node, this.#walk, this.#depth + 1);
  }
}

function typeOf(node: Node): Tree['type'] {
  if (isMap(node)) return 'map';
  if (isSeq(node)) return 'list';
  if (!isScalar(node)) return 'other';
  if (node.value === null) return 'null';
  return typeof node.value === 'string' && isPlainTag(node) ? 'text' : 'other';
}

/** A map's members by their keys, those that it merges included. */
function indexOf(map: YAMLMap, walk: Walk, depth: number): ReadonlyMap<string, Node> {
  const known = walk.indexes.get(map);
  if (known !== undefined) return known;
  const own = new Map<string, Node>();
  const merged = new Map<string, Node>();
  for (const pair of map.items) {
    walk.budget.spend(depth, spanOf(map).start);
    const { key, value } = sidesOf(pair);
    if (key === undefined || value === undefined) continue;
    const name = keyText(key, walk.aliases);
    if (isMergeKey(key)) {
      for (const source of mergeSources(value, walk)) mergeInto(merged, own, indexOf(source, walk, depth + 1), walk);
    } else if (name !== undefined) own.set(name, value);
  }
  for (const [name, value] of merged) if (!own.has(name)) own.set(name, value);
  walk.indexes.set(map, own);
  return own;
}

function mergeSources(value: Node, walk: Walk): readonly YAMLMap[] {
  const target = walk.aliases.targetOf(value);
  const sources: readonly unknown[] = isSeq(target) ? target.items : [target];
  return sources.map((source) => {
    const map = isNode(source) ? walk.aliases.targetOf(source) : undefined;
    if (isMap(map)) return map;
    throw malformed(value, walk, 'only maps can be merged (<<)');
  });
}

/** A key that stood before the merge is another value to readers that follow YAML 1.1 than to those that let it win. */
function mergeInto(
  merged: Map<string, Node>,
  before: ReadonlyMap<string, Node>,
  source: ReadonlyMap<string, Node>,
  walk: Walk,
): void {
  for (const [name, value] of source) {
    walk.budget.spend(0, spanOf(value).start);
    const own = before.get(name);
    const quoted = JSON.stringify(name.slice(0, 80));
    if (own !== undefined)
      throw malformed(own, walk, `${quoted} stands before the merge (<<) that has it too: put << first`);
    if (!merged.has(name)) merged.set(name, value);
  }
}

/** After the content: before a closing quote, or before the line end of a text that has no quotes. */
function pinOf(scalar: Scalar, text: string): Pin {
  const { start, end } = spanOf(scalar);
  const source = text.slice(start, end);
  const isQuoted = scalar.type === 'QUOTE_DOUBLE' || scalar.type === 'QUOTE_SINGLE';
  return { kind: 'insert', offset: start + (isQuoted ? source.length - 1 : source.trimEnd().length) };
}

const notText: Pin = { kind: 'impossible', why: 'it is no text' };

function spanOf(node: Node): Span {
  const [start, end] = node.range ?? [0, 0];
  return { start, end };
}

function isNode(value: unknown): value is Node {
  return isAlias(value) || isScalar(value) || isMap(value) || isSeq(value);
}

function malformed(node: Node, walk: Walk, what: string): WorkloadError {
  return new WorkloadError('WORKLOAD_MALFORMED', what, { place: walk.places.placeOf(spanOf(node)) });
}
