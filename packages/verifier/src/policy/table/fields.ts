import type { PolicyNode } from '../load/node.ts';
import { type Problems, quoted } from '../load/problems.ts';
import { didYouMean } from '../nearest.ts';
import type { Place } from '../place.ts';

/** A text with its place. */
export interface PlacedText {
  readonly value: string;
  readonly place: Place;
}

/** Reads the fields of one map; what is wrong with them is told at their places, and the field counts as absent. */
export class Fields {
  readonly place: Place;
  private readonly node: PolicyNode;
  private readonly problems: Problems;

  constructor(node: PolicyNode, known: readonly string[], problems: Problems) {
    this.node = node;
    this.place = node.place;
    this.problems = problems;
    if (node.kind !== 'map') problems.add('fields (name: value) are expected here', node.place);
    for (const [name, { place }] of node.kind === 'map' ? node.entries : []) {
      if (known.includes(name)) continue;
      const hint = didYouMean(name, known) ?? `fields here: ${known.join(', ')}`;
      problems.add(`unknown field ${quoted(name)}`, place, { hint });
    }
  }

  /** The value as it stands there. */
  get(name: string): PolicyNode | undefined {
    return this.node.kind === 'map' ? this.node.entries.get(name)?.value : undefined;
  }

  text(name: string): PlacedText | undefined {
    const node = this.get(name);
    return node === undefined ? undefined : textOf(node, this.problems);
  }

  /** Parsed, or told: `wanted` says what would have been right. */
  parsed<T>(name: string, parse: (text: string) => T | undefined, wanted: string): T | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = parse(text.value);
    if (value === undefined) this.problems.add(`${quoted(text.value)} is not ${wanted}`, text.place);
    return value;
  }

  oneOf<Choice extends string>(name: string, choices: readonly Choice[]): Choice | undefined {
    const text = this.text(name);
    return text === undefined ? undefined : choiceOf(text, choices, this.problems);
  }

  flag(name: string): boolean | undefined {
    const node = this.get(name);
    if (node === undefined) return undefined;
    if (node.kind === 'scalar' && typeof node.value === 'boolean') return node.value;
    this.problems.add('true or false is expected here', node.place);
    return undefined;
  }

  list(name: string): readonly PolicyNode[] {
    const node = this.get(name);
    if (node === undefined || node.kind === 'list') return node?.items ?? [];
    this.problems.add('a list is expected here', node.place);
    return [];
  }

  /** Free names with texts. */
  texts(name: string): ReadonlyMap<string, PlacedText> {
    const node = this.get(name);
    if (node === undefined) return new Map();
    if (node.kind !== 'map') {
      this.problems.add('fields (name: text) are expected here', node.place);
      return new Map();
    }
    const read = [...node.entries].map(([key, { value }]) => [key, textOf(value, this.problems)] as const);
    return new Map(read.flatMap(([key, text]) => (text === undefined ? [] : [[key, text]])));
  }

  isNull(name: string): boolean {
    const node = this.get(name);
    return node?.kind === 'scalar' && node.value === null;
  }
}

/** The text of a value; told where it is none. */
export function textOf(node: PolicyNode, problems: Problems): PlacedText | undefined {
  if (node.kind === 'scalar' && typeof node.value === 'string' && node.value !== '')
    return { value: node.value, place: node.place };
  problems.add('text is expected here', node.place);
  return undefined;
}

/** One of the words; told where it is none. */
export function choiceOf<Choice extends string>(
  { value, place }: PlacedText,
  choices: readonly Choice[],
  problems: Problems,
): Choice | undefined {
  const found = choices.find((choice) => choice === value);
  if (found === undefined)
    problems.add(`${quoted(value)} is none of ${choices.join(', ')}`, place, { hint: didYouMean(value, choices) });
  return found;
}
