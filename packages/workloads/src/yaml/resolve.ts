import { type Alias, isAlias, isMap, isScalar, isSeq, type Node, type Pair, type Scalar } from 'yaml';
import { WorkloadError } from '../errors.ts';
import type { PlaceFinder } from '../place.ts';

/** What the aliases of a document stand for. */
export interface Aliases {
  /** The node that an alias stands for; any other node is itself. */
  readonly targetOf: (node: Node) => Node;
  /** The offsets of the aliases that stand for this node; the same list for each call. */
  readonly usersOf: (node: Node) => readonly number[];
}

/**
 * Walks a document once: finds each alias's anchor (the last one before it), and refuses what readers of YAML understand differently:
 * equal keys, aliases within what they stand for, keys with a tag.
 * @throws {WorkloadError} WORKLOAD_MALFORMED
 */
export function resolveAliases(contents: Node | null, places: PlaceFinder): Aliases {
  const walk = new Walk(places);
  if (contents !== null) walk.visit(contents);
  return {
    targetOf: (node) => (isAlias(node) ? (walk.targets.get(node) ?? node) : node),
    usersOf: (node) => walk.users.get(node) ?? none,
  };
}

/** The key as text, where it is one: quoted or plain, not a number, not null. */
export function keyText(node: Node, aliases: Aliases): string | undefined {
  const key = aliases.targetOf(node);
  return isScalar(key) && typeof key.value === 'string' ? key.value : undefined;
}

/** `<<` without quotes. Rule: https://yaml.org/type/merge.html */
export function isMergeKey(node: Node): boolean {
  return isScalar(node) && node.value === '<<' && node.type === 'PLAIN';
}

/** A pair's two sides; a missing one is undefined. */
export function sidesOf(pair: Pair<unknown, unknown>): {
  readonly key: Node | undefined;
  readonly value: Node | undefined;
} {
  return { key: asNode(pair.key), value: asNode(pair.value) };
}

const none: readonly number[] = [];

class Walk {
  readonly targets = new Map<Alias, Node>();
  readonly users = new Map<Node, number[]>();
  readonly #anchors = new Map<string, Node>();
  readonly #open = new Set<Node>();
  readonly #places: PlaceFinder;

  constructor(places: PlaceFinder) {
    this.#places = places;
  }

  visit(node: Node): void {
    if (isAlias(node)) this.#follow(node);
    const anchor = isScalar(node) || isMap(node) || isSeq(node) ? node.anchor : undefined;
    if (anchor !== undefined) this.#anchors.set(anchor, node);
    if (!isMap(node) && !isSeq(node)) return;
    this.#open.add(node);
    if (isMap(node)) this.#visitPairs(node.items);
    else for (const item of node.items) this.#visitItem(item);
    this.#open.delete(node);
  }

  /** A list may hold pairs (`[a: b]`); they are maps of one member. */
  #visitItem(item: unknown): void {
    const node = asNode(item);
    if (node !== undefined) this.visit(node);
  }

  #visitPairs(pairs: readonly Pair<unknown, unknown>[]): void {
    const keys = new Set<string>();
    for (const pair of pairs) {
      const { key, value } = sidesOf(pair);
      if (key !== undefined) {
        this.visit(key);
        this.#refuseEqual(keys, key);
      }
      if (value !== undefined) this.visit(value);
    }
  }

  #refuseEqual(keys: Set<string>, node: Node): void {
    const key = isAlias(node) ? this.targets.get(node) : node;
    if (!isScalar(key)) return;
    if (!isPlainTag(key)) throw this.#malformed(node, `a key with the tag ${tagOf(key)}`);
    const text = typeof key.value === 'string' ? `s${key.value}` : `o${String(key.value)}`;
    if (keys.has(text))
      throw this.#malformed(node, `the key ${JSON.stringify(String(key.value).slice(0, 80))} stands twice in one map`);
    keys.add(text);
  }

  #follow(alias: Alias): void {
    const target = this.#anchors.get(alias.source);
    const name = JSON.stringify(alias.source.slice(0, 80));
    if (target === undefined) throw this.#malformed(alias, `the alias ${name} has no anchor before it`);
    if (this.#open.has(target)) throw this.#malformed(alias, `the alias ${name} stands within what it stands for`);
    this.targets.set(alias, target);
    const users = this.users.get(target);
    const [start] = alias.range ?? [0];
    if (users === undefined) this.users.set(target, [start]);
    else users.push(start);
  }

  #malformed(node: Node, what: string): WorkloadError {
    const [start, end] = node.range ?? [0, 0];
    return new WorkloadError('WORKLOAD_MALFORMED', what, { place: this.#places.placeOf({ start, end }) });
  }
}

/** Whether a scalar is what it looks like: no tag, or the one for text (or, for a key, for merging). `!!binary` is text to some readers. */
export function isPlainTag(scalar: Scalar): boolean {
  return scalar.tag === undefined || /^(?:!|tag:yaml\.org,2002:(?:str|merge))$/.test(scalar.tag);
}

function tagOf(scalar: Scalar): string {
  return JSON.stringify((scalar.tag ?? '').slice(0, 80));
}

function asNode(value: unknown): Node | undefined {
  return isAlias(value) || isScalar(value) || isMap(value) || isSeq(value) ? value : undefined;
}
