import type { Digest, RegistryReference } from '@signet/oci';
import { PolicyError } from '../../errors.ts';
import { matchesGlob } from './glob.ts';
import { type ImagePattern, matchesName, namePartsOf } from './image-pattern.ts';
import { compareSpecificity, isLiteral, type Specificity, specificityOf } from './specificity.ts';
import { type Scoped, tiesOf } from './ties.ts';

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

/** Patterns by their parts, host first, up to the first that stands for any number of parts. */
interface Node<Target> {
  readonly literals: Map<string, Node<Target>>;
  readonly globs: Map<string, Node<Target>>;
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

  /** Entries whose name fits, most telling first. */
  private candidates(name: readonly string[]): readonly Entry<Target>[] {
    const found: Entry<Target>[] = [];
    const visit = (node: Node<Target>, at: number): void => {
      for (const entry of node.entries) if (matchesName(entry.scoped.pattern, name)) found.push(entry);
      const part = name[at];
      if (part === undefined) return;
      const next = node.literals.get(part);
      if (next !== undefined) visit(next, at + 1);
      for (const [glob, inside] of node.globs) if (matchesGlob(glob, part)) visit(inside, at + 1);
    };
    visit(this.root, 0);
    return found.sort((one, other) => compareSpecificity(other.specificity, one.specificity));
  }

  private add(entry: Entry<Target>): void {
    let node = this.root;
    for (const part of entry.scoped.pattern.parts) {
      if (part.kind === 'any') break;
      const children = isLiteral(part) ? node.literals : node.globs;
      const next = children.get(part.glob) ?? newNode();
      children.set(part.glob, next);
      node = next;
    }
    node.entries.push(entry);
  }
}

function newNode<Target>(): Node<Target> {
  return { literals: new Map(), globs: new Map(), entries: [] };
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

function refuseTies<Target>(rules: readonly Scoped<Target>[]): void {
  for (const { one, other, why } of tiesOf(rules)) {
    const both = `${JSON.stringify(one.pattern.text)} and ${JSON.stringify(other.pattern.text)}`;
    throw new PolicyError('POLICY_INVALID', `${both} ${why}`);
  }
}
