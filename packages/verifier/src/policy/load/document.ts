import { decodeUtf8, RegistryError } from '@signet/oci';
import { type Document, isAlias, isMap, isScalar, isSeq, type Node, type Pair, type Scalar } from 'yaml';
import type { Place } from '../place.ts';
import { Budget } from './budget.ts';
import { policyLimits } from './limits.ts';
import type { ListNode, MapEntry, MapNode, PolicyNode, ScalarNode } from './node.ts';
import { type Problems, quoted } from './problems.ts';
import { reservedNames } from './reserved-names.ts';
import { readYaml, starHint } from './yaml-document.ts';

/**
 * A policy file (YAML or JSON) as plain data with places; undefined where it is broken, which is then among the problems. Tags, keys that
 * are no text, keys that stand twice, control characters and aliases that repeat too much are refused. Rule: YAML 1.2.2, core schema.
 */
export function parseDocument(
  bytes: Uint8Array,
  file: string,
  { problems, budget = new Budget(), originOf = (place) => place }: DocumentOptions,
): PolicyNode | undefined {
  const start: Place = { file, line: 1, column: 1 };
  const text = textOf(bytes, start, problems);
  if (text === undefined) return undefined;
  const read = readYaml(text, file, budget);
  if (read.kind === 'faults') {
    for (const { message, place, hint } of read.faults) problems.add(message, place, { hint });
    return undefined;
  }
  const { contents, placeOf } = read;
  if (contents === null) {
    problems.add('the file is empty', start, { hint: 'it begins with: version: 1' });
    return undefined;
  }
  const reading = new Reading({ text, placeOf: (offset) => originOf(placeOf(offset)), problems, budget });
  const node = reading.read(contents);
  return reading.isBroken ? undefined : node;
}

/** What a file is read with. */
export interface DocumentOptions {
  readonly problems: Problems;
  /** Default: one of its own. */
  readonly budget?: Budget;
  /** As a reader has it. Default: everything stands where it was found. */
  readonly originOf?: (place: Place) => Place;
}

function textOf(bytes: Uint8Array, start: Place, problems: Problems): string | undefined {
  if (bytes.length > policyLimits.maxFileBytes) {
    problems.add(`the file has ${bytes.length} bytes, at most ${policyLimits.maxFileBytes} are read`, start);
    return undefined;
  }
  const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  try {
    return decodeUtf8(hasMark ? bytes.subarray(3) : bytes);
  } catch (cause) {
    if (!(cause instanceof RegistryError)) throw cause;
    problems.add('the file is not UTF-8 text', start, { cause });
    return undefined;
  }
}

interface Source {
  readonly text: string;
  readonly placeOf: (offset: number) => Place;
  readonly problems: Problems;
  readonly budget: Budget;
}

/** What a node says: values, and characters of their texts. */
interface Extent {
  readonly values: number;
  readonly characters: number;
}

const reserved: ReadonlySet<string> = new Set(reservedNames);
/** Control characters but tab and line ends, and those that turn the direction of writing: what is read is then not what is seen. */
const hiddenCharacters = /[^\P{Cc}\t\n\r]|[\u202a-\u202e\u2066-\u2069\ufeff]/u;

/** One walk over what the YAML library gives. */
class Reading {
  isBroken = false;
  private readonly source: Source;
  private readonly anchors = new Map<string, PolicyNode | 'open'>();
  /** Of nodes with an anchor. */
  private readonly extents = new Map<PolicyNode, Extent>();
  /** Of all until now. */
  private extent: Extent = { values: 0, characters: 0 };
  private isTooMuch = false;

  constructor(source: Source) {
    this.source = source;
  }

  read(node: Document.Parsed['contents'] | Node): PolicyNode {
    const place = this.source.placeOf(node?.range?.[0] ?? 0);
    if (isAlias(node)) return this.alias(node.source, place);
    const { anchor } = node ?? {};
    const before = this.extent;
    if (anchor !== undefined) this.anchors.set(anchor, 'open');
    const made = this.value(node, place);
    if (anchor === undefined) return made;
    this.anchors.set(anchor, made);
    const { values, characters } = this.extent;
    this.extents.set(made, { values: values - before.values, characters: characters - before.characters });
    return made;
  }

  private value(node: Exclude<Document.Parsed['contents'] | Node, undefined>, place: Place): PolicyNode {
    this.spend({ values: 1, characters: isScalar(node) ? textLength(node) : 0 }, place);
    if (node?.tag !== undefined) this.fault(`tags (${quoted(node.tag)}) are not read in a policy`, place);
    if (isMap(node)) return this.map(node.items, place);
    if (isSeq(node)) return this.list(node.items, place);
    if (isScalar(node)) return this.scalar(node, place);
    return this.nothing(place);
  }

  private alias(name: string, place: Place): PolicyNode {
    const target = this.anchors.get(name);
    if (target === undefined || target === 'open') {
      const why = target === 'open' ? 'it stands inside of what it repeats' : 'nothing before it has this anchor';
      const hint = target === 'open' ? undefined : starHint;
      return this.fault(`the alias ${quoted(`*${name}`)} names nothing: ${why}`, place, hint);
    }
    this.spend(this.extents.get(target) ?? { values: 1, characters: 0 }, place);
    return target;
  }

  private map(items: readonly Pair<unknown, unknown>[], place: Place): MapNode {
    const entries = new Map<string, MapEntry>();
    for (const { key, value } of items) {
      if (this.isTooMuch) break;
      const name = this.key(key, place);
      if (name === undefined) continue;
      const first = entries.get(name.value);
      if (first !== undefined)
        this.fault(`${quoted(name.value)} stands twice, first in line ${first.place.line}`, name.place);
      const read = isNode(value) ? this.read(value) : this.nothing(name.place);
      entries.set(name.value, { place: name.place, value: read });
    }
    return { kind: 'map', place, entries };
  }

  private key(key: unknown, within: Place): { readonly value: string; readonly place: Place } | undefined {
    const node = isNode(key) ? this.read(key) : undefined;
    const place = node?.place ?? within;
    if (node?.kind !== 'scalar' || typeof node.value !== 'string') {
      const source = node?.kind === 'scalar' ? node.source : '';
      this.fault('the name of a field is not text', place, source === '' ? undefined : quoteHint(source));
      return undefined;
    }
    if (reserved.has(node.value)) {
      this.fault(`${quoted(node.value)} cannot be a name in a policy`, place);
      return undefined;
    }
    return { value: node.value, place };
  }

  private list(items: readonly unknown[], place: Place): ListNode {
    const nodes: PolicyNode[] = [];
    for (const item of items) {
      if (this.isTooMuch) break;
      nodes.push(isNode(item) ? this.read(item) : this.nothing(place));
    }
    return { kind: 'list', place, items: nodes };
  }

  private scalar(node: Scalar, place: Place): ScalarNode {
    const { value } = node;
    const [start = 0, end = 0] = node.range ?? [];
    const source = this.source.text.slice(start, end);
    if (typeof value === 'string') {
      if (!value.isWellFormed() || hiddenCharacters.test(value))
        this.fault('the text holds a character that cannot be seen, or half of one', place, 'write it without');
      return { kind: 'scalar', place, value, source, style: styleOf(node) };
    }
    const plain = typeof value === 'number' || typeof value === 'boolean' ? value : null;
    return { kind: 'scalar', place, value: plain, source, style: 'plain' };
  }

  private nothing(place: Place): ScalarNode {
    return { kind: 'scalar', place, value: null, source: '', style: 'plain' };
  }

  private spend({ values, characters }: Extent, place: Place): void {
    this.extent = { values: this.extent.values + values, characters: this.extent.characters + characters };
    const { budget } = this.source;
    const tooMuch = budget.spend('values', values) ?? budget.spend('characters', characters);
    if (tooMuch === undefined || this.isTooMuch) return;
    this.isTooMuch = true;
    this.fault(tooMuch, place);
  }

  private fault(message: string, place: Place, hint?: string): PolicyNode {
    this.isBroken = true;
    this.source.problems.add(message, place, { hint });
    return this.nothing(place);
  }
}

/** The text of a value that YAML takes for a number, a boolean or nothing, as it should stand there. */
export function quoteHint(source: string): string {
  return `put it in quotes: ${quoted(source)}`;
}

function textLength({ value }: Scalar): number {
  return typeof value === 'string' ? value.length : 0;
}

function isNode(value: unknown): value is Node {
  return isScalar(value) || isMap(value) || isSeq(value) || isAlias(value);
}

function styleOf({ type }: Scalar): ScalarNode['style'] {
  if (type === 'BLOCK_LITERAL') return 'literal';
  if (type === 'BLOCK_FOLDED') return 'folded';
  return type === 'PLAIN' || type === undefined ? 'plain' : 'quoted';
}
