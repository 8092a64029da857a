import { parseRegistryReference, type RegistryReference } from '@signet/oci';
import { type Asked, askedImage, type Policy, type Rule, toAsked } from '@signet/verifier';
import { LRUCache } from 'lru-cache';
import { resultKey } from '../cache/results.ts';

/** What can be said of an image before any request; the same text under the same policy always gives the same. */
export interface Prepared {
  readonly reference: RegistryReference;
  readonly asked: Asked;
  readonly choice: Choice;
  /** What its answer is kept under, where that is known before any request. */
  readonly key?: string;
}

/** `tag`: which rule it is turns on what the tag names now; `rule` is the first that it could be. */
export type Choice = { readonly kind: 'rule' | 'tag'; readonly rule: Rule } | { readonly kind: 'none' };

/** Prepares the images of one policy, each text once. */
export interface Preparer {
  readonly policy: Policy;
  /** @throws {RegistryError} REFERENCE_INVALID */
  prepare(image: string): Prepared;
}

const maxPrepared = 20_000;

/** `share`: how much is kept, as a part of what is kept by default. */
export function createPreparer(policy: Policy, share = 1): Preparer {
  const known = new LRUCache<string, Prepared>({ max: Math.ceil(maxPrepared * share) });
  return {
    policy,
    prepare(image) {
      const before = known.get(image);
      if (before !== undefined) return before;
      const prepared = prepareBy(policy, image);
      known.set(image, prepared);
      return prepared;
    },
  };
}

function prepareBy(policy: Policy, image: string): Prepared {
  const reference = parseRegistryReference(image);
  const asked = toAsked(reference, { renames: policy.renames });
  const seen = askedImage(asked);
  const choice = choiceOf(seen === undefined ? undefined : policy.rules.choose(seen));
  const { digest } = asked;
  if (digest === undefined || choice.kind !== 'rule') return { reference, asked, choice };
  const key = resultKey({ asked, digest, rule: choice.rule, revision: policy.revision });
  return { reference, asked, choice, key };
}

function choiceOf(choice: ReturnType<Policy['rules']['choose']> | undefined): Choice {
  switch (choice?.kind) {
    case 'chosen':
      return { kind: 'rule', rule: choice.by.target };
    case 'ask-tag':
      return { kind: 'tag', rule: choice.for.target };
    default:
      return { kind: 'none' };
  }
}
