import { type TrustSource, thresholdOf } from './source.ts';

/** `require` of a rule: a tree of any / all / atLeast over sources. `atLeast` counts different signers. Rule: design.md 6. */
export type Requirement =
  | { readonly kind: 'source'; readonly source: TrustSource }
  | { readonly kind: 'any'; readonly of: readonly Requirement[] }
  | { readonly kind: 'all'; readonly of: readonly Requirement[] }
  | { readonly kind: 'atLeast'; readonly count: number; readonly of: readonly Requirement[] };

/** The signers (by signerId) that a source accepts. */
export type SignersOf = (source: TrustSource) => ReadonlySet<string>;

/**
 * Whether these signers satisfy the requirement. A source needs as many signers as its threshold says. `all` may be met by one signer;
 * `atLeast` needs as many branches as it says, each met by signers that no other branch of it uses. Empty lists and counts below 1 never
 * open the door. Rule: design.md 6 "require".
 */
export function meets(requirement: Requirement, signersOf: SignersOf): boolean {
  switch (requirement.kind) {
    case 'source':
      return signersOf(requirement.source).size >= thresholdOf(requirement.source);
    case 'any':
      return requirement.of.some((branch) => meets(branch, signersOf));
    case 'all':
      return requirement.of.length > 0 && requirement.of.every((branch) => meets(branch, signersOf));
    case 'atLeast':
      return meetsAtLeast(Math.max(1, requirement.count), requirement.of, signersOf);
  }
}

/** Whether signers of the sources that count (default: all) could satisfy it: not `never`, nor a tree that comes to that. */
export function canBeMet(requirement: Requirement, counts: (source: TrustSource) => boolean = () => true): boolean {
  if (requirement.kind === 'source') return counts(requirement.source);
  const { kind, of } = requirement;
  const count = kind === 'any' ? 1 : kind === 'all' ? of.length : requirement.count;
  return of.filter((branch) => canBeMet(branch, counts)).length >= Math.max(1, count);
}

/** A set of signers that together satisfy a branch. */
type Witness = ReadonlySet<string>;

function meetsAtLeast(count: number, branches: readonly Requirement[], signersOf: SignersOf): boolean {
  const choices = branches.map((branch) => witnessesOf(branch, signersOf)).filter((list) => list.length > 0);
  if (choices.length < count) return false;
  const isPlain = choices.every((list) => list.every((witness) => witness.size === 1));
  // Branches that one signer satisfies: a bipartite matching, polynomial. Others: tried one by one; their number is the policy's, not the attacker's.
  return isPlain ? matchingSize(choices) >= count : canPack(choices, count, new Set());
}

/** Kuhn's augmenting paths: the largest number of branches that get a signer of their own. */
function matchingSize(choices: readonly (readonly Witness[])[]): number {
  const branchOf = new Map<string, number>();
  const assign = (branch: number, tried: Set<string>): boolean => {
    for (const signer of (choices[branch] ?? []).flatMap((witness) => [...witness])) {
      if (tried.has(signer)) continue;
      tried.add(signer);
      const holder = branchOf.get(signer);
      if (holder === undefined || assign(holder, tried)) {
        branchOf.set(signer, branch);
        return true;
      }
    }
    return false;
  };
  return choices.filter((_, branch) => assign(branch, new Set())).length;
}

function canPack(choices: readonly (readonly Witness[])[], count: number, used: ReadonlySet<string>): boolean {
  if (count === 0) return true;
  const [first, ...rest] = choices;
  if (first === undefined || choices.length < count) return false;
  for (const witness of first) {
    if (areDisjoint(used, witness) && canPack(rest, count - 1, union(used, witness))) return true;
  }
  return canPack(rest, count, used);
}

/** All minimal sets of signers that satisfy a branch. */
function witnessesOf(requirement: Requirement, signersOf: SignersOf): readonly Witness[] {
  switch (requirement.kind) {
    case 'source':
      return chosenFrom([...signersOf(requirement.source)], thresholdOf(requirement.source));
    case 'any':
      return minimal(requirement.of.flatMap((branch) => witnessesOf(branch, signersOf)));
    case 'all':
      return requirement.of.length === 0 ? [] : combine(requirement.of.map((branch) => witnessesOf(branch, signersOf)));
    case 'atLeast': {
      const choices = requirement.of.map((branch) => witnessesOf(branch, signersOf));
      return minimal(packings(choices, Math.max(1, requirement.count), new Set()));
    }
  }
}

/** All ways to choose so many of them. */
function chosenFrom(signers: readonly string[], count: number): readonly Witness[] {
  if (count === 0) return [new Set()];
  const [first, ...rest] = signers;
  if (first === undefined || signers.length < count) return [];
  const taken = chosenFrom(rest, count - 1).map((witness) => union(witness, new Set([first])));
  return [...taken, ...chosenFrom(rest, count)];
}

function combine(choices: readonly (readonly Witness[])[]): readonly Witness[] {
  let sets: readonly Witness[] = [new Set()];
  for (const list of choices) sets = minimal(sets.flatMap((set) => list.map((witness) => union(set, witness))));
  return sets;
}

function packings(choices: readonly (readonly Witness[])[], count: number, used: Witness): readonly Witness[] {
  if (count === 0) return [used];
  const [first, ...rest] = choices;
  if (first === undefined || choices.length < count) return [];
  const taken = first
    .filter((witness) => areDisjoint(used, witness))
    .flatMap((witness) => packings(rest, count - 1, union(used, witness)));
  return minimal([...taken, ...packings(rest, count, used)]);
}

function minimal(sets: readonly Witness[]): readonly Witness[] {
  const kept: Witness[] = [];
  for (const set of sets.toSorted((a, b) => a.size - b.size)) {
    if (!kept.some((smaller) => [...smaller].every((signer) => set.has(signer)))) kept.push(set);
  }
  return kept;
}

function union(a: Witness, b: Witness): Witness {
  return new Set([...a, ...b]);
}

function areDisjoint(a: Witness, b: Witness): boolean {
  return [...a].every((signer) => !b.has(signer));
}
