import { parseSync } from 'rolldown/utils';

/** A change of one place of a source. */
export interface Mutant {
  readonly line: number;
  readonly from: string;
  readonly to: string;
  readonly text: string;
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [member: string]: unknown;
}

interface Change {
  readonly start: number;
  readonly end: number;
  readonly to: string;
}

const swaps: Readonly<Record<string, readonly string[]>> = {
  '===': ['!=='],
  '!==': ['==='],
  '<': ['<=', '>='],
  '<=': ['<', '>'],
  '>': ['>=', '<='],
  '>=': ['>', '<'],
  '&&': ['||'],
  '||': ['&&'],
  '+': ['-'],
  '-': ['+'],
};
const methods: Readonly<Record<string, string>> = { some: 'every', every: 'some', max: 'min', flatMap: 'filter' };

/** Every mutant of a TypeScript source: operators, conditions, literals, negations, list methods, early returns. Types are left alone. */
export function mutantsOf(source: string): readonly Mutant[] {
  const changes: Change[] = [];
  visit(parseSync('source.ts', source, { lang: 'ts' }).program, (node) => changes.push(...changesOf(node, source)));
  const wanted = changes.filter(({ start, end, to }) => source.slice(start, end) !== to);
  return wanted.map(({ start, end, to }) => ({
    line: source.slice(0, start).split('\n').length,
    from: source.slice(start, end),
    to,
    text: source.slice(0, start) + to + source.slice(end),
  }));
}

function visit(value: unknown, see: (node: Node) => void): void {
  if (Array.isArray(value)) for (const each of value) visit(each, see);
  if (!isNode(value) || value.type === 'ImportDeclaration' || /^TS(?!As|Satisfies|NonNull)/.test(value.type)) return;
  see(value);
  for (const member of Object.values(value)) visit(member, see);
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

function changesOf(node: Node, source: string): readonly Change[] {
  const whole = (to: string): Change => ({ start: node.start, end: node.end, to });
  switch (node.type) {
    case 'BinaryExpression':
    case 'LogicalExpression':
      return operatorChanges(node, source);
    case 'UnaryExpression':
      return node.operator === '!' && isNode(node.argument) ? [whole(textOf(node.argument, source))] : [];
    case 'IfStatement':
    case 'ConditionalExpression':
      return isNode(node.test) ? ['true', 'false'].map((to) => ({ ...spanOf(node.test as Node), to })) : [];
    case 'Literal':
      return literalChanges(node).map(whole);
    case 'CallExpression':
      return callChanges(node);
    case 'ArrayExpression':
      return Array.isArray(node.elements) && node.elements.length > 0 ? [whole('[]')] : [];
    default:
      return [];
  }
}

function operatorChanges(node: Node, source: string): readonly Change[] {
  const { left, right } = node;
  if (!isNode(left) || !isNode(right) || typeof node.operator !== 'string') return [];
  const at = source.indexOf(node.operator, left.end);
  const swapped = (swaps[node.operator] ?? []).map((to) => ({ start: at, end: at + String(node.operator).length, to }));
  const isDefault = node.operator === '??';
  return isDefault ? [{ start: node.start, end: node.end, to: textOf(right, source) }] : swapped;
}

function literalChanges({ value }: Node): readonly string[] {
  if (typeof value === 'boolean') return [`${!value}`];
  if (typeof value === 'number') return [`${value + 1}`];
  return [];
}

function callChanges({ callee }: Node): readonly Change[] {
  if (!isNode(callee) || callee.type !== 'MemberExpression' || !isNode(callee.property)) return [];
  const { name } = callee.property;
  const to = typeof name === 'string' ? methods[name] : undefined;
  return to === undefined ? [] : [{ ...spanOf(callee.property), to }];
}

function spanOf({ start, end }: Node): Pick<Change, 'start' | 'end'> {
  return { start, end };
}

function textOf({ start, end }: Node, source: string): string {
  return `(${source.slice(start, end)})`;
}
