import { PolicyError } from '../../errors.ts';
import { type ImagePattern, parseImagePattern } from '../match/image-pattern.ts';
import type { Scoped } from '../match/ties.ts';
import type { Place } from '../place.ts';
import type { Rule } from '../rule.ts';
import { policyLimits } from './limits.ts';
import { type Problems, quoted } from './problems.ts';
import {
  annotationsOf,
  conditionOf,
  placeIn,
  type RuleContext,
  requirementOf,
  servingOf,
  tagOf,
  timesOf,
  type WrittenRule,
} from './rule-fields.ts';
import { placeText } from './sources.ts';

/** A pattern with where it stands. */
export interface PlacedPattern extends Scoped<Rule> {
  readonly place: Place;
}

/** The rules with their patterns. */
export interface BuiltRules {
  readonly rules: readonly Rule[];
  readonly patterns: readonly PlacedPattern[];
}

/** All rules of all files; their number and that of patterns is bounded over the files together. Faults are among the problems. */
export function buildRules(context: RuleContext): BuiltRules {
  const building = { context, rules: [], patterns: [], names: new Map() };
  for (const file of context.files) {
    for (const [at, input] of (file.input.rules ?? []).entries()) {
      if (context.problems.isFull) return building;
      addRule({ file, at, input }, building);
    }
  }
  return building;
}

interface Building {
  readonly context: RuleContext;
  readonly rules: Rule[];
  readonly patterns: PlacedPattern[];
  /** Where a name was given first. */
  readonly names: Map<string, Place>;
}

function addRule(written: WrittenRule, building: Building): void {
  const { context, rules, patterns } = building;
  const place = placeIn(written);
  if (rules.length >= policyLimits.maxRules) {
    context.problems.add(`the policy has more than ${policyLimits.maxRules} rules`, place);
    return;
  }
  const images = imagesOf(written, building);
  const { mode = 'enforce', platforms } = written.input;
  const rule: Rule = {
    name: nameOf(written, building),
    mode,
    require: requirementOf(written, context),
    ...tagOf(written, context),
    annotations: annotationsOf(written),
    ...(platforms === undefined ? {} : { platforms }),
    ...timesOf(written, context),
    ...servingOf(written),
    ...conditionOf(written, context),
    images: images.map(({ pattern }) => pattern.text),
    place,
  };
  rules.push(rule);
  for (const { pattern, place: where } of images) patterns.push({ pattern, place: where, target: rule });
}

/** A rule without a name is called by its number in its file. */
function nameOf(written: WrittenRule, { context, names }: Building): string {
  const { file, at, input } = written;
  const name = input.name ?? `rules[${at}]${file.isFirst ? '' : ` of ${file.path}`}`;
  const place = input.name === undefined ? placeIn(written) : placeIn(written, 'name');
  const first = names.get(name);
  if (first === undefined) names.set(name, place);
  else context.problems.add(`a rule ${quoted(name)} is there already: ${placeText(first)}`, place);
  return name;
}

interface PlacedImage {
  readonly pattern: ImagePattern;
  readonly place: Place;
}

function imagesOf(written: WrittenRule, { context, patterns }: Building): readonly PlacedImage[] {
  const { problems } = context;
  const found = new Map<string, PlacedImage>();
  for (const [index, text] of written.input.images.entries()) {
    const place = placeIn(written, 'images', index);
    if (patterns.length + found.size >= policyLimits.maxPatterns) {
      problems.add(`the policy has more than ${policyLimits.maxPatterns} patterns`, place);
      break;
    }
    const pattern = patternOf(written.file.variables.expand(text, place), place, problems);
    if (pattern === undefined) continue;
    if (found.has(pattern.text)) problems.warn(`the pattern ${quoted(text)} stands twice in this rule`, place);
    found.set(pattern.text, { pattern, place });
  }
  return [...found.values()];
}

function patternOf(text: string | undefined, place: Place, problems: Problems): ImagePattern | undefined {
  if (text === undefined) return undefined;
  try {
    return parseImagePattern(text);
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    problems.add(error.message, place, { code: error.code, hint: error.hint });
    return undefined;
  }
}
