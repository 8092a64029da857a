import type { Digest, Reference } from '@signet/oci';
import { toAsked } from '../collect/asked.ts';
import type { Asked } from '../evidence.ts';
import { type CollectionPlace, collectionOf } from './catalogue.ts';
import { askedImage } from './choose-rule.ts';
import { type EffectiveRule, effectiveRule } from './effective.ts';
import { matchesGlob } from './match/glob.ts';
import type { AskedImage, Weighed } from './match/rule-index.ts';
import { differenceOf, type Specificity } from './match/specificity.ts';
import type { Place } from './place.ts';
import type { Policy, Rename } from './policy.ts';
import { renameFor } from './rename.ts';
import type { Mode, Rule } from './rule.ts';

/** One pattern that an image's name fits. */
export interface Candidate {
  readonly rule: string;
  readonly pattern: string;
  readonly mode: Mode;
  readonly place?: Place;
  /** What makes a pattern more telling, most telling first; larger is more. */
  readonly specificity: Specificity;
  /** `no`: its tag or digest does not fit; `ask`: it turns on what the tag names now. */
  readonly fit: 'yes' | 'no' | 'ask';
  readonly decides: boolean;
  /** Why it decides, or does not. */
  readonly why: string;
}

/** Which rule is for an image, and why; plain data. */
export interface ChoiceExplanation {
  readonly reference: string;
  /** What patterns are compared with; absent for an image layout that has no name. */
  readonly folded?: string;
  /** What a signature must name under `tag: bound`. */
  readonly signedName?: string;
  readonly rename?: Rename;
  /** What the tag names now, where that was asked: null for nothing. */
  readonly tagNames?: string | null;
  /** The digest is on the list of those that are refused: no rule matters. */
  readonly refused: boolean;
  readonly candidates: readonly Candidate[];
  /** `undecided`: only the registry can say, because the tag must not choose the rule. */
  readonly outcome: 'rule' | 'default' | 'undecided';
  readonly rule?: EffectiveRule;
  /** Under `tag: trusted`: whose tags are asked for, and where; absent where the catalogue is not for this image. */
  readonly catalogued?: CollectionPlace;
  readonly default: 'deny' | 'allow';
}

/** What is known beside the reference. */
export interface ExplainOptions {
  /** As for a verification. */
  readonly signedReference?: string;
  /** What the tag names now; null for nothing. Default: nobody asked. */
  readonly tagNames?: Digest | null;
}

/** Why this rule decides about an image: the names that are compared, each pattern that fits, and what sets the one apart. Pure. */
export function explainChoice(policy: Policy, reference: Reference, options: ExplainOptions = {}): ChoiceExplanation {
  const { tagNames, ...ask } = options;
  const asked = toAsked(reference, { ...ask, renames: policy.renames });
  const image = imageOf(asked, tagNames);
  const weighed = image === undefined ? [] : policy.rules.weigh(image);
  const at = weighed.findIndex(({ fit }) => fit !== 'no');
  const first = weighed[at];
  const isAlone = weighed.filter(({ fit }) => fit !== 'no').length === 1;
  const rename = asked.image === undefined ? undefined : renameFor(nameOf(asked.image), policy.renames);
  return {
    reference: asked.reference,
    ...(image === undefined ? {} : { folded: foldedText(image) }),
    ...(asked.name === undefined ? {} : { signedName: withTag(asked.name.repository, asked.name.tag) }),
    ...(rename === undefined || options.signedReference !== undefined ? {} : { rename }),
    ...(tagNames === undefined ? {} : { tagNames }),
    refused: [asked.digest, tagNames].some((digest) => digest != null && policy.refuse.digests.has(digest)),
    candidates: weighed.map((each, index) => candidate(each, { first, isAlone, index, at, image })),
    outcome: first === undefined ? 'default' : first.fit === 'ask' ? 'undecided' : 'rule',
    ...(first?.fit === 'yes'
      ? { rule: effectiveRule(first.scoped.target), ...cataloguedBy(first.scoped.target, image) }
      : {}),
    default: policy.fallback,
  };
}

function cataloguedBy({ catalogue }: Rule, image: AskedImage | undefined): Pick<ChoiceExplanation, 'catalogued'> {
  if (catalogue === undefined || image === undefined) return {};
  const catalogued = collectionOf(catalogue, nameOf(image));
  return catalogued === undefined ? {} : { catalogued };
}

function imageOf(asked: Asked, tagNames: Digest | null | undefined): AskedImage | undefined {
  const image = askedImage(asked);
  return image === undefined || tagNames === undefined ? image : { ...image, tagNames };
}

interface Around {
  readonly first: Weighed<Rule> | undefined;
  /** No other fits, or might. */
  readonly isAlone: boolean;
  readonly index: number;
  /** Of the first that fits, or might. */
  readonly at: number;
  readonly image: AskedImage | undefined;
}

function candidate(weighed: Weighed<Rule>, around: Around): Candidate {
  const { scoped, specificity, fit } = weighed;
  const { name, mode, place } = scoped.target;
  return {
    rule: name,
    pattern: scoped.pattern.text,
    mode,
    ...(place === undefined ? {} : { place }),
    specificity,
    fit,
    decides: fit === 'yes' && around.index === around.at,
    why: whyOf(weighed, around),
  };
}

function whyOf(weighed: Weighed<Rule>, { first, isAlone, index, at, image }: Around): string {
  const { fit } = weighed;
  if (fit === 'no') return misfit(weighed, image);
  if (fit === 'ask')
    return 'it turns on what the tag names now: a tag must not choose the rule (--resolve asks the registry)';
  if (index === at) return isAlone ? 'no other pattern fits' : 'of the patterns that fit it says most';
  return first === undefined
    ? ''
    : `${comparison(first.specificity, weighed.specificity)}${first.fit === 'ask' ? ', if that one fits' : ''}`;
}

function misfit({ scoped }: Weighed<Rule>, image: AskedImage | undefined): string {
  const { tag, digest } = scoped.pattern;
  const asked = image?.tag;
  if (tag !== undefined && asked === undefined) return `it is for tags ${tag}, and no tag is asked`;
  if (tag !== undefined && asked !== undefined && !matchesGlob(tag, asked)) return `its tag ${tag} does not fit`;
  if (image?.tagNames === null) return 'the tag names nothing now';
  if (tag !== undefined && image?.digest !== undefined && image.tagNames !== image.digest)
    return 'the tag does not name this digest now: a tag that whoever deploys can choose must not choose the rule';
  return `its digest ${digest ?? ''} does not fit`;
}

/** Why a pattern that has less of it does not decide. */
const lacks: Readonly<Record<keyof Specificity, string>> = {
  host: 'its host is less literal',
  fewerHostStars: 'its host has more *',
  literalLeadingParts: 'fewer of its leading parts are literal',
  withoutAny: 'it has **',
  literals: 'its path is less literal',
  fewerAny: 'it has more **',
  fewerStars: 'it has more *',
  tagAndDigest: 'it names less of tag and digest',
  tagLiterals: 'its tag or digest is less literal',
  fewerTagStars: 'its tag or digest has more *',
};

/** What the winner has more of. */
function comparison(winner: Specificity, other: Specificity): string {
  const measure = differenceOf(winner, other);
  return measure === undefined ? 'another pattern of the same rule is taken' : lacks[measure];
}

function nameOf({ registry, repository }: Pick<AskedImage, 'registry' | 'repository'>): string {
  return `${registry}/${repository}`;
}

function foldedText(image: AskedImage): string {
  return `${withTag(nameOf(image), image.tag)}${image.digest === undefined ? '' : `@${image.digest}`}`;
}

function withTag(name: string, tag: string | undefined): string {
  return tag === undefined ? name : `${name}:${tag}`;
}
