import type { Digest, RegistryReference } from '@signet/oci';
import { PolicyError } from '../../errors.ts';
import { matchesGlob } from './glob.ts';
import { type ImagePattern, matchesName, namePartsOf, patternsOverlap } from './image-pattern.ts';
import { compareSpecificity, isLiteral, type Specificity, specificityOf } from './specificity.ts';

/** A rule's pattern with what it leads to. */
export interface Scoped<Target> {
  readonly pattern: ImagePattern;
  readonly target: Target;
}

/** The image that was asked for, and what its tag names now, once somebody has asked the registry. */
export interface AskedImage extends Pick<RegistryReference, 'registry' | 'repository' | 'tag' | 'digest'> {
  /** undefined: not asked yet; null: the tag names nothing. */
  readonly tagNames?: Digest | null;
}

/** Which rule decides; or that the registry must be asked first, because who deploys chooses the tag, and a tag must not choose the rule. */
export type Choice<Target> =
  | { readonly kind: 'chosen'; readonly by: Scoped<Target> }
  | { readonly kind: 'ask-tag'; readonly for: Scoped<Target> }
  | { readonly kind: 'none' };

/** A pattern whose name fits an image. `no`: its tag or digest pattern does not; `ask`: it turns on what the tag names now. */
export interface Weighed<Target> {
  readonly scoped: Scoped<Target>;
  readonly specificity: Specificity;
  readonly fit: 'yes' | 'no' | 'ask';
}

interface Entry<Target> {
  readonly scoped: Scoped<Target>;
  readonly specificity: Specificity;
}

/** Patterns by their literal beginning: host first, then parts. */
interface Node<Target> {
  readonly next: Map<string, Node<Target>>;
  readonly entries: Entry<Target>[];
}

/** The rules of a policy, found by host and leading parts: their number does not make a look-up slow. */
export class RuleIndex<Target> {
  private readonly root: Node<Target> = newNode();

  /** @throws {PolicyError} POLICY_INVALID where two overlapping patterns say equally much */
  constructor(rules: readonly Scoped<Target>[]) {
    const entries = rules.map((scoped) => ({ scoped, specificity: specificityOf(scoped.pattern) }));
    for (const entry of entries) this.add(entry);
    refuseTies(rules);
  }

  /** The one rule that decides about an image. Rule: design.md 6. */
  choose(asked: AskedImage): Choice<Target> {
    for (const { scoped } of this.candidates(namePartsOf(asked))) {
      const fit = fits(scoped.pattern, asked);
      if (fit === 'ask') return { kind: 'ask-tag', for: scoped };
      if (fit) return { kind: 'chosen', by: scoped };
    }
    return { kind: 'none' };
  }

  /** Every pattern whose name fits, most telling first, and whether tag and digest do: what {@link choose} goes by, for explanations. */
  weigh(asked: AskedImage): readonly Weighed<Target>[] {
    return this.candidates(namePartsOf(asked)).map(({ scoped, specificity }) => {
      const fit = fits(scoped.pattern, asked);
      return { scoped, specificity, fit: fit === 'ask' ? 'ask' : fit ? 'yes' : 'no' };
    });
  }

  /** Entries whose literal beginning fits, most telling first. */
  private candidates(name: readonly string[]): readonly Entry<Target>[] {
    const found: Entry<Target>[] = [];
    const visit = (node: Node<Target>, at: number): void => {
      found.push(...node.entries.filter(({ scoped }) => matchesName(scoped.pattern, name)));
      const next = node.next.get(name[at] ?? '');
      if (next !== undefined && at < name.length) visit(next, at + 1);
    };
    visit(this.root, 0);
    return found.sort((one, other) => compareSpecificity(other.specificity, one.specificity));
  }

  private add(entry: Entry<Target>): void {
    let node = this.root;
    for (const part of literalBeginning(entry.scoped.pattern)) {
      const next = node.next.get(part) ?? newNode();
      node.next.set(part, next);
      node = next;
    }
    node.entries.push(entry);
  }
}

function newNode<Target>(): Node<Target> {
  return { next: new Map(), entries: [] };
}

function literalBeginning({ parts }: ImagePattern): readonly string[] {
  const open = parts.findIndex((part) => !isLiteral(part));
  return (open === -1 ? parts : parts.slice(0, open)).flatMap((part) => (isLiteral(part) ? [part.glob] : []));
}

/** Tag and digest; `ask`: it turns on what the tag names now, which nobody has looked up yet. */
function fits({ tag, digest }: ImagePattern, asked: AskedImage): boolean | 'ask' {
  if (tag !== undefined && (asked.tag === undefined || !matchesGlob(tag, asked.tag))) return false;
  if (tag !== undefined && asked.digest !== undefined) {
    if (asked.tagNames === undefined) return 'ask';
    if (asked.tagNames !== asked.digest) return false;
  }
  if (digest === undefined) return true;
  const named = asked.digest ?? asked.tagNames;
  return named === undefined ? 'ask' : named !== null && matchesGlob(digest, named);
}

/** All pairs of patterns, of different targets, that say equally much and overlap. Only where their literal beginning is the same can they. */
export function* tiesOf<Item extends Scoped<unknown>>(items: readonly Item[]): Generator<readonly [Item, Item]> {
  const alike = Map.groupBy(items, ({ pattern }) =>
    JSON.stringify([specificityOf(pattern), literalBeginning(pattern)]),
  );
  for (const group of alike.values()) {
    for (const [at, one] of group.entries()) {
      for (const other of group.slice(at + 1)) {
        if (one.target !== other.target && patternsOverlap(one.pattern, other.pattern)) yield [one, other];
      }
    }
  }
}

function refuseTies<Target>(rules: readonly Scoped<Target>[]): void {
  for (const [one, other] of tiesOf(rules)) throw tie(one.pattern, other.pattern);
}

function tie(one: ImagePattern, other: ImagePattern): PolicyError {
  const both = `${JSON.stringify(one.text)} and ${JSON.stringify(other.text)}`;
  return new PolicyError(
    'POLICY_INVALID',
    `${both} say equally much and have images in common: which of their rules decides is not clear`,
  );
}
