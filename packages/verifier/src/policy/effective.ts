import { patternText, type TagCatalogue } from './catalogue.ts';
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
  /** Its name: exactly where `tag` is `trusted`. */
  readonly catalogue?: string;
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

/** A catalogue of it, in the words of a policy file, defaults filled in. */
export interface EffectiveCatalogue extends Pick<TagCatalogue, 'onRollback' | 'digestReferences'> {
  readonly collections: string;
  readonly mirrors: readonly string[];
  /** Absent: in the repository that is asked. */
  readonly location?: string;
  readonly signedBy: RequirementText;
  /** Absent under `freshness: { mode: bundle }`, whose own counts. */
  readonly maxAge?: string;
  readonly notBefore?: string;
  readonly graceAfterExpiry: string;
  readonly superseded: string;
  readonly freshness: { readonly mode: 'online' | 'bundle'; readonly maxAge?: string };
}

/** A policy after its includes, variables and defaults; keys by their ids (`sha256:` and the hash of the SPKI). */
export interface EffectivePolicy {
  readonly version: 1;
  readonly revision: string;
  readonly default: 'deny' | 'allow';
  /** Only those that a rule or a catalogue asks for. */
  readonly trust: Readonly<Record<string, EffectiveSource>>;
  readonly refuse: { readonly digests: readonly string[]; readonly keys: readonly string[] };
  readonly rename: readonly Rename[];
  readonly catalogues: Readonly<Record<string, EffectiveCatalogue>>;
  readonly rules: readonly EffectiveRule[];
}

/** The policy as it works, in plain data. */
export function effectivePolicy(policy: Policy): EffectivePolicy {
  const { ruleList, fallback, refuse, renames, catalogues, revision } = policy;
  const requirements = [
    ...ruleList.filter(({ mode }) => mode !== 'skip').map(({ require }) => require),
    ...catalogues.map(({ signedBy }) => signedBy),
  ];
  const sources = requirements.flatMap(sourcesOf);
  return {
    version: 1,
    revision,
    default: fallback,
    trust: Object.fromEntries(sources.map((source) => [source.name, sourceText(source)])),
    refuse: { digests: [...refuse.digests].sort(), keys: [...refuse.keyIds].sort().map(keyText) },
    rename: renames,
    catalogues: Object.fromEntries(catalogues.map((catalogue) => [catalogue.name, catalogueText(catalogue)])),
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
    catalogue,
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
    ...(catalogue === undefined ? {} : { catalogue: catalogue.name }),
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

function catalogueText(catalogue: TagCatalogue): EffectiveCatalogue {
  const { collections, mirrors, location, signedBy, freshness, maxAgeMs, notBeforeMs } = catalogue;
  const { graceAfterExpiryMs, onRollback, supersededMs, digestReferences } = catalogue;
  return {
    collections: patternText(collections),
    mirrors: mirrors.map(patternText),
    ...(location === undefined ? {} : { location: patternText(location) }),
    signedBy: requirementText(signedBy),
    ...(freshness.mode === 'bundle' ? {} : { maxAge: durationText(maxAgeMs) }),
    ...(notBeforeMs === undefined ? {} : { notBefore: timeText(notBeforeMs) }),
    graceAfterExpiry: durationText(graceAfterExpiryMs),
    onRollback,
    superseded: durationText(supersededMs),
    digestReferences,
    freshness: freshness.mode === 'bundle' ? { mode: 'bundle', maxAge: durationText(freshness.maxAgeMs) } : freshness,
  };
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
