const pruning = 'leaves out what cannot succeed sooner: the answer is the same';
const asEmpty = 'an absent member and one that is undefined are the same to all readers; types alone keep them apart';

/** Mutants that behave as the original does, by the name that the trial prints, each with the reason. */
export const equivalentMutants: ReadonlyMap<string, string> = new Map([
  [
    'decision/refusal.ts: return [digest, ...(index === undefined ? [] : [index]), ...children];: index === undefined -> false',
    'undefined is no digest that a list could hold',
  ],
  [
    "decision/refusal.ts: return identity.kind === 'key' ? identity.keyId : undefined;: identity.kind === 'key' -> true",
    'other identities have no keyId',
  ],
  [
    'decision/checks/tag.ts: if (error instanceof RegistryError) return undefined;: error instanceof RegistryError -> true',
    'the parser throws nothing else',
  ],
  [
    'policy/choose-rule.ts: return { ...image, ...(tag === undefined ? {} : { tag }), ...(digest === undefined ? {} : { digest }) };: tag === undefined -> false',
    asEmpty,
  ],
  [
    'policy/choose-rule.ts: return { ...image, ...(tag === undefined ? {} : { tag }), ...(digest === undefined ? {} : { digest }) };: digest === undefined -> false',
    asEmpty,
  ],
  [
    "policy/ruling.ts: return { ...(rule === undefined ? {} : { rule }), fallback: 'deny', refuse: noRefusals, atMs };: rule === undefined -> false",
    asEmpty,
  ],
  [
    'policy/requirement.ts: const choices = branches.map((branch) => witnessesOf(branch, signersOf)).filter((list) => list.length > 0);: > -> >=',
    'a branch that nobody satisfies gets no signer in either way of counting',
  ],
  ['policy/requirement.ts: if (choices.length < count) return false;: choices.length < count -> false', pruning],
  ['policy/requirement.ts: if (first === undefined || choices.length < count) return false;: || -> &&', pruning],
  ['policy/requirement.ts: if (first === undefined || signers.length < count) return [];: || -> &&', pruning],
  ['policy/requirement.ts: if (first === undefined || choices.length < count) return [];: || -> &&', pruning],
  ['policy/requirement.ts: for (const set of sets.toSorted((a, b) => a.size - b.size)) {: - -> +', pruning],
  [
    'policy/requirement.ts: if (!kept.some((smaller) => [...smaller].every((signer) => set.has(signer)))) kept.push(set);: !kept.some((smaller) => [...smaller].every((signer) => set.has(signer))) -> true',
    pruning,
  ],
]);
