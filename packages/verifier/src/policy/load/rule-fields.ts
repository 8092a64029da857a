import type { TagCatalogue } from '../catalogue.ts';
import type { Condition } from '../condition.ts';
import { didYouMean } from '../nearest.ts';
import type { Place } from '../place.ts';
import type { Requirement } from '../requirement.ts';
import type { Rule } from '../rule.ts';
import type { NamedCatalogue } from './catalogues.ts';
import type { RuleInput } from './input.ts';
import type { LoadedFile, Loading } from './loading.ts';
import { type NodePath, nodeAt, placeOfName } from './node.ts';
import { type Problems, quoted } from './problems.ts';
import { buildRequirement } from './requirement-tree.ts';
import type { NamedSource } from './sources.ts';
import { placeInText } from './text-place.ts';
import { parseDuration, parseTime } from './times.ts';

/** Reads a CEL expression: a condition, or what is wrong with it and where inside it. */
export type ReadCondition = (
  text: string,
) => { readonly condition: Condition } | { readonly problem: ConditionProblem };

interface ConditionProblem {
  readonly message: string;
  /** Both count from 1, within the expression. */
  readonly line: number;
  readonly column: number;
  readonly hint?: string;
}

/** What rules are built with. */
export interface RuleContext extends Loading {
  readonly sources: ReadonlyMap<string, NamedSource>;
  /** Names of sources that some rule asks for: filled while rules are built. */
  readonly usedSources: Set<string>;
  readonly catalogues: ReadonlyMap<string, NamedCatalogue>;
  /** Undefined where no rule has a condition. */
  readonly readCondition: ReadCondition | undefined;
}

/** A rule as it is written. */
export interface WrittenRule {
  readonly file: LoadedFile;
  /** Its number in the file, from 0. */
  readonly at: number;
  readonly input: RuleInput;
}

/** Where a value of the rule stands. */
export function placeIn({ file, at }: WrittenRule, ...path: NodePath): Place {
  return nodeAt(file.root, ['rules', at, ...path]).place;
}

/** What no signature ever meets. */
const nothingMeets: Requirement = { kind: 'any', of: [] };

/** `require`, which only a rule that checks nothing goes without; where it has a fault, which is told, nothing meets what comes back. */
export function requirementOf(rule: WrittenRule, context: RuleContext): Requirement {
  const { problems, sources, usedSources } = context;
  const { file, at, input } = rule;
  if (input.mode === 'skip') {
    tellMeaningless(rule, context);
    return nothingMeets;
  }
  if (input.require === undefined) {
    const hint = 'name the source of trust that must have signed; only mode: skip goes without';
    problems.add('"require" is missing', placeIn(rule), { hint });
    return nothingMeets;
  }
  const tree = { root: file.root, sources, used: usedSources, problems };
  return buildRequirement(input.require, ['rules', at, 'require'], tree) ?? nothingMeets;
}

/** Fields that say what a signature must be like. */
const checkingFields = [
  'require',
  'tag',
  'catalogue',
  'platforms',
  'annotations',
  'maxAge',
  'notBefore',
  'allowUnpinned',
  'reuse',
  'where',
] as const;

function tellMeaningless({ file, at, input }: WrittenRule, { problems }: RuleContext): void {
  for (const field of checkingFields.filter((name) => input[name] !== undefined)) {
    const place = placeOfName(file.root, ['rules', at, field]);
    problems.add(`${quoted(field)} means nothing in a rule with mode: skip, under which nothing is checked`, place);
  }
}

/** `tag` and `catalogue`, which is there exactly with `tag: trusted`. */
export function tagOf(rule: WrittenRule, { problems, catalogues }: RuleContext): Pick<Rule, 'tag' | 'catalogue'> {
  const { file, at, input } = rule;
  const { tag = 'any', catalogue: name, mode } = input;
  if (mode === 'skip') return { tag: 'any' };
  if (tag !== 'trusted') {
    const place = placeOfName(file.root, ['rules', at, 'catalogue']);
    if (name !== undefined) problems.add('"catalogue" means something only with tag: trusted', place);
    return { tag };
  }
  if (input.allowUnpinned === true)
    problems.add(
      '"allowUnpinned" cannot be had with tag: trusted: what is pulled by the tag alone no catalogue says',
      placeIn(rule, 'allowUnpinned'),
    );
  const catalogue =
    name === undefined ? missingCatalogue(rule, problems) : catalogueNamed(name, rule, { problems, catalogues });
  return { tag, ...(catalogue === undefined ? {} : { catalogue }) };
}

function missingCatalogue(rule: WrittenRule, problems: Problems): undefined {
  problems.add('tag: trusted asks for a "catalogue"', placeIn(rule, 'tag'), {
    hint: 'name one of "catalogues": who says which tags are current',
  });
}

function catalogueNamed(
  name: string,
  rule: WrittenRule,
  { problems, catalogues }: Pick<RuleContext, 'problems' | 'catalogues'>,
): TagCatalogue | undefined {
  const found = catalogues.get(name);
  if (found === undefined)
    problems.add(`there is no catalogue ${quoted(name)}`, placeIn(rule, 'catalogue'), {
      hint: () => didYouMean(name, catalogues.keys()) ?? 'name catalogues under "catalogues"',
    });
  return found?.catalogue;
}

/** The annotations that must have been signed, with variables replaced. */
export function annotationsOf(rule: WrittenRule): Rule['annotations'] {
  const entries = Object.entries(rule.input.annotations ?? {}).map(([name, text]): readonly [string, string] => {
    return [name, rule.file.variables.expand(text, placeIn(rule, 'annotations', name)) ?? ''];
  });
  return Object.fromEntries(entries);
}

/** `maxAge` and `notBefore` in milliseconds. */
export function timesOf(rule: WrittenRule, { problems }: RuleContext): Pick<Rule, 'maxAgeMs' | 'notBeforeMs'> {
  const { maxAge, notBefore } = rule.input;
  const maxAgeMs = maxAge === undefined ? undefined : parseDuration(maxAge);
  const notBeforeMs = notBefore === undefined ? undefined : parseTime(notBefore);
  for (const field of ['maxAge', 'notBefore'] as const) {
    if (rule.input[field] !== undefined)
      problems.warn(unprovenText(field), placeIn(rule, field), { hint: unprovenHint });
  }
  if (notBefore !== undefined && notBeforeMs === undefined)
    problems.add(`there is no such time: ${quoted(notBefore)}`, placeIn(rule, 'notBefore'));
  return {
    ...(maxAgeMs === undefined ? {} : { maxAgeMs }),
    ...(notBeforeMs === undefined ? {} : { notBeforeMs }),
  };
}

/** What gates and servers go by. */
export function servingOf({ input: { allowUnpinned, reuse } }: WrittenRule): Pick<Rule, 'allowUnpinned' | 'reuse'> {
  const freshMs = reuse === undefined ? undefined : parseDuration(reuse.fresh);
  const staleMs = reuse?.stale === undefined ? 0 : parseDuration(reuse.stale);
  return {
    ...(allowUnpinned === undefined ? {} : { allowUnpinned }),
    ...(freshMs === undefined || staleMs === undefined ? {} : { reuse: { freshMs, staleMs } }),
  };
}

/** Tables of cases can make proven times up: there such a rule seems to work. */
function unprovenText(field: string): string {
  return `${quoted(field)} asks for a proven time, and no signature that is read now has one: nothing satisfies this rule`;
}

const unprovenHint = 'leave it out until timestamps and logs are read';

/** `where`, compiled; what is wrong with it is told at its place inside the expression. */
export function conditionOf(rule: WrittenRule, { readCondition, problems }: RuleContext): Pick<Rule, 'condition'> {
  const { where } = rule.input;
  if (where === undefined || readCondition === undefined) return {};
  const read = readCondition(where);
  if ('condition' in read) return { condition: read.condition };
  const { message, hint, ...inside } = read.problem;
  problems.add(message, placeInText(nodeAt(rule.file.root, ['rules', rule.at, 'where']), inside), { hint });
  return {};
}
