import type { Asked, Report, Rule } from '@signet/verifier';
import { LRUCache } from 'lru-cache';
import { type Lifetime, type Lifetimes, lifetimeOf } from './lifetimes.ts';

/** A report that is kept, and whether it is time to ask anew. */
export interface Kept {
  readonly report: Report;
  readonly isStale: boolean;
}

/** Reports by what they answer; bounded, the least used goes first. */
export interface Results {
  get(key: string, nowMs: number): Kept | undefined;
  /** Keeps it as long as it may be kept, and says how long: not at all where nothing was decided. */
  put(key: string, report: Report, rule: Rule | undefined): Lifetime | undefined;
}

/** What keys of results are made of. */
export interface ResultQuestion {
  readonly asked: Asked;
  /** Empty where a signed catalogue says what the tag is. */
  readonly digest: string;
  readonly rule: Rule | undefined;
  /** Of the policy, trust material included. */
  readonly revision: string;
}

/** A report counts one, and one more for each signature and gap in it: about 1 KiB each. */
const maxWeight = 50_000;

/** `share`: how much is kept, as a part of what is kept by default. */
export function createResults(lifetimes: Lifetimes, share = 1): Results {
  const maxSize = Math.ceil(maxWeight * share);
  const kept = new LRUCache<string, Entry>({ maxSize, sizeCalculation: ({ weight }) => weight });
  return {
    get(key, nowMs) {
      const entry = kept.get(key);
      if (entry === undefined) return undefined;
      // A clock that was put back proves nothing of the time in between.
      if (nowMs >= entry.staleUntilMs || nowMs < entry.report.atMs) {
        kept.delete(key);
        return undefined;
      }
      return { report: entry.report, isStale: nowMs >= entry.freshUntilMs };
    },
    put(key, report, rule) {
      const lifetime = lifetimeOf(report, rule, lifetimes);
      if (lifetime === undefined) return undefined;
      const weight = 1 + report.findings.length + report.gaps.length + report.skipped.length;
      kept.set(key, { report, weight, ...lifetime });
      return lifetime;
    },
  };
}

interface Entry {
  readonly report: Report;
  readonly weight: number;
  readonly freshUntilMs: number;
  readonly staleUntilMs: number;
}

/** Whether a signed catalogue says what the image is, not the registry. */
export function asksCatalogue(rule: Rule | undefined): boolean {
  return rule?.tag === 'trusted' && rule.mode !== 'skip';
}

/**
 * All that the answer depends on: a yes for one tag is none for another where the rule looks at the tag, and one for a repository none for
 * another. Rule: design.md 8 "the key of a result".
 */
export function resultKey({ asked, digest, rule, revision }: ResultQuestion): string {
  const looksAtTag = rule === undefined || rule.tag !== 'any' || rule.condition !== undefined;
  const name = asked.image === undefined ? '' : `${asked.image.registry}/${asked.image.repository}`;
  // JSON keeps the parts apart, whatever is in them.
  return JSON.stringify([
    revision,
    rule?.name ?? null,
    name,
    digest,
    looksAtTag ? (asked.tag ?? null) : '',
    asked.platform ?? null,
  ]);
}
