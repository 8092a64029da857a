import { isMap, isScalar, isSeq, type Node, type Pair, type YAMLMap, type YAMLSeq } from 'yaml';
import { PolicyError } from '../../errors.ts';

/** Puts a text in place of what lies between two offsets. */
export interface TextEdit {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/** The text with all edits made; they do not overlap. */
export function applyEdits(text: string, edits: readonly TextEdit[]): string {
  const inOrder = edits.toSorted((a, b) => b.from - a.from || b.to - a.to);
  return inOrder.reduce((now, { from, to, text: put }) => now.slice(0, from) + put + now.slice(to), text);
}

/** Another value in the place of a node. */
export function replaceNode(node: Node, text: string): TextEdit {
  const [from, to] = rangeOf(node);
  return { from, to, text };
}

/** One more item at the end of a list, in the manner in which the list is written. */
export function appendItem(source: string, list: YAMLSeq, item: string): TextEdit {
  const last = list.items.at(-1) as Node | undefined;
  if (list.flow === true) return appendInFlow(list, last, item);
  if (last === undefined) throw uneditable('a list without items');
  const dash = source.lastIndexOf('-', rangeOf(list.items[0] as Node)[0] - 1);
  const at = endOfLine(source, rangeOf(last)[1]);
  return { from: at, to: at, text: `\n${columnOf(source, dash)}- ${item}` };
}

/** One more pair at the end of a map; the value stands on the line of its name. */
export function appendPair(source: string, map: YAMLMap, name: string, value: string): TextEdit {
  const last = map.items.at(-1);
  const lastNode = (last?.value ?? last?.key) as Node | undefined;
  if (map.flow === true) return appendInFlow(map, lastNode, `${name}: ${value}`);
  if (last === undefined || lastNode === undefined) throw uneditable('a map without members');
  const at = endOfLine(source, rangeOf(lastNode)[1]);
  const indent = columnOf(source, rangeOf(map.items[0]?.key as Node)[0]);
  return { from: at, to: at, text: `\n${indent}${name}: ${value}` };
}

/** Takes an item out of a list, with its line or its comma. */
export function removeItem(source: string, list: YAMLSeq, at: number): TextEdit {
  const nodes = list.items as readonly Node[];
  const node = nodes[at];
  if (node === undefined) throw uneditable('an item that is not there');
  if (list.flow === true) return removeInFlow(nodes, at, rangeOf(node)[0]);
  return removeLines(source, source.lastIndexOf('-', rangeOf(node)[0] - 1), rangeOf(node)[1]);
}

/** Takes a pair out of a map, with its lines or its comma. */
export function removePair(source: string, map: YAMLMap, name: string): TextEdit {
  const at = map.items.findIndex((pair) => nameOf(pair) === name);
  const pair = map.items[at];
  if (pair === undefined) throw uneditable('a member that is not there');
  const start = rangeOf(pair.key as Node)[0];
  if (map.flow === true)
    return removeInFlow(
      map.items.map(({ key, value }) => (value ?? key) as Node),
      at,
      start,
    );
  return removeLines(source, start, rangeOf((pair.value ?? pair.key) as Node)[1]);
}

/** The name of a member; undefined for one that is no text. */
export function nameOf({ key }: Pair): string | undefined {
  return isScalar(key) && typeof key.value === 'string' ? key.value : undefined;
}

/** The value of a member of a map; undefined where there is none, or no map. */
export function memberOf(node: unknown, name: string): unknown {
  return isMap(node) ? node.items.find((pair) => nameOf(pair) === name)?.value : undefined;
}

/** A list. @throws {PolicyError} POLICY_UNSUPPORTED */
export function listOf(node: unknown): YAMLSeq {
  if (isSeq(node)) return node;
  throw uneditable('something that is no list, or one that is written by an alias');
}

/** A map. @throws {PolicyError} POLICY_UNSUPPORTED */
export function mapOf(node: unknown): YAMLMap {
  if (isMap(node)) return node;
  throw uneditable('something that is no map, or one that is written by an alias');
}

/** What this does not dare to change. */
export function uneditable(what: string): PolicyError {
  return new PolicyError('POLICY_UNSUPPORTED', `${what} stands where the policy has to be changed`, {
    hint: 'change the file by hand, and look at it with signet policy check',
  });
}

function appendInFlow(collection: YAMLSeq | YAMLMap, last: Node | undefined, text: string): TextEdit {
  if (last === undefined) {
    const at = rangeOf(collection)[0] + 1;
    return { from: at, to: at, text: ` ${text} ` };
  }
  const at = rangeOf(last)[1];
  return { from: at, to: at, text: `, ${text}` };
}

/** From behind the value before it to its own end; the first one: up to the begin of the next. */
function removeInFlow(ends: readonly Node[], at: number, start: number): TextEdit {
  const [before, own] = [ends[at - 1], ends[at]];
  const to = own === undefined ? start : rangeOf(own)[1];
  if (before !== undefined) return { from: rangeOf(before)[1], to, text: '' };
  if (ends.length > 1) throw uneditable('the first of several members on one line');
  return { from: start, to, text: '' };
}

function removeLines(source: string, start: number, end: number): TextEdit {
  const from = source.lastIndexOf('\n', start - 1) + 1;
  if (source.slice(from, start).trim() !== '') throw uneditable('something else on the same line');
  return { from, to: Math.min(source.length, endOfLine(source, end) + 1), text: '' };
}

function rangeOf(node: Node | undefined): readonly [start: number, end: number] {
  if (node?.range === undefined || node.range === null) throw uneditable('something without a place');
  return [node.range[0], node.range[1]];
}

/** A comment behind a value stays on its line. */
function endOfLine(source: string, at: number): number {
  // The value of a block ends behind its last line feed.
  const from = source[at - 1] === '\n' ? at - 1 : at;
  const found = source.indexOf('\n', from);
  return found === -1 ? source.length : found;
}

/** As much white space as stands before an offset on its line, in blanks: what stands there may be a dash of a list. */
function columnOf(source: string, at: number): string {
  return ' '.repeat(at - (source.lastIndexOf('\n', at - 1) + 1));
}
