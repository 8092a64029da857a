import type { Place } from './place.ts';
import type { Policy, Rename } from './policy.ts';
import type { Requirement } from './requirement.ts';
import { type Mode, type Rule, sourcesOf } from './rule.ts';
import { type TrustSource, thresholdOf } from './source.ts';
import { durationText, timeText } from './time-text.ts';

/** `require` as it is written in a policy file. */
export type RequirementText =
  | string
  | { readonly any: readonly RequirementText[] }
  | { readonly all: readonly RequirementText[] }
  | { readonly atLeast: number; readonly of: readonly RequirementText[] };

/** A rule in the words of a policy file, defaults filled in. */
export interface EffectiveRule {
  readonly name: string;
  readonly images: readonly string[];
  readonly mode: Mode;
  /** Absent where the rule exempts its images. */
  readonly require?: RequirementText;
  readonly tag: Rule['tag'];
  readonly platforms: 'index' | 'each';
  readonly annotations?: Readonly<Record<string, string>>;
  readonly maxAge?: string;
  readonly notBefore?: string;
  readonly allowUnpinned?: boolean;
  readonly reuse?: { readonly fresh: string; readonly stale?: string };
  readonly where?: string;
  readonly place?: Place;
}

/** A source of it: keys by their ids. */
export interface EffectiveSource extends Pick<TrustSource, 'formats'> {
  readonly keys: readonly string[];
  readonly threshold: number;
}

/** A policy after its includes, variables and defaults; keys by their ids (`sha256:` and the hash of the SPKI). */
export interface EffectivePolicy {
  readonly version: 1;
  readonly revision: string;
  readonly default: 'deny' | 'allow';
  /** Only those that a rule asks for. */
  readonly trust: Readonly<Record<string, EffectiveSource>>;
  readonly refuse: { readonly digests: readonly string[]; readonly keys: readonly string[] };
  readonly rename: readonly Rename[];
  readonly rules: readonly EffectiveRule[];
}

/** The policy as it works, in plain data. */
export function effectivePolicy(policy: Policy): EffectivePolicy {
  const { ruleList, fallback, refuse, renames, revision } = policy;
  const sources = ruleList.filter(({ mode }) => mode !== 'skip').flatMap(({ require }) => sourcesOf(require));
  return {
    version: 1,
    revision,
    default: fallback,
    trust: Object.fromEntries(sources.map((source) => [source.name, sourceText(source)])),
    refuse: { digests: [...refuse.digests].sort(), keys: [...refuse.keyIds].sort().map(keyText) },
    rename: renames,
    rules: ruleList.map(effectiveRule),
  };
}

/** One rule of it. */
export function effectiveRule(rule: Rule): EffectiveRule {
  const {
    name,
    images = [],
    mode,
    tag,
    platforms = 'index',
    annotations,
    maxAgeMs,
    notBeforeMs,
    allowUnpinned,
    reuse,
    condition,
    place,
  } = rule;
  return {
    name,
    images,
    mode,
    ...(mode === 'skip' ? {} : { require: requirementText(rule.require) }),
    tag,
    platforms,
    ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
    ...(maxAgeMs === undefined ? {} : { maxAge: durationText(maxAgeMs) }),
    ...(notBeforeMs === undefined ? {} : { notBefore: timeText(notBeforeMs) }),
    ...(allowUnpinned === undefined ? {} : { allowUnpinned }),
    ...(reuse === undefined ? {} : { reuse: reuseText(reuse) }),
    ...(condition === undefined ? {} : { where: condition.text }),
    ...(place === undefined ? {} : { place }),
  };
}

function reuseText({ freshMs, staleMs }: NonNullable<Rule['reuse']>): NonNullable<EffectiveRule['reuse']> {
  return { fresh: durationText(freshMs), ...(staleMs === 0 ? {} : { stale: durationText(staleMs) }) };
}

function sourceText(source: TrustSource): EffectiveSource {
  const { keys, formats } = source;
  return {
    keys: keys.map(({ id }) => keyText(id)),
    threshold: thresholdOf(source),
    ...(formats === undefined ? {} : { formats }),
  };
}

function keyText(id: string): string {
  return `sha256:${id}`;
}

function requirementText(requirement: Requirement): RequirementText {
  switch (requirement.kind) {
    case 'source':
      return requirement.source.name;
    case 'any':
      return requirement.of.length === 0 ? 'never' : { any: requirement.of.map(requirementText) };
    case 'all':
      return { all: requirement.of.map(requirementText) };
    case 'atLeast':
      return { atLeast: requirement.count, of: requirement.of.map(requirementText) };
  }
}
