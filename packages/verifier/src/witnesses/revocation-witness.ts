import { checkRevocation, type RevocationResult } from '../revocation/check-revocation.ts';
import { type CrlSource, createCrlSource } from '../revocation/crl-source.ts';
import type { CrlCache, RevocationFetcher } from '../revocation/fetcher.ts';
import type { RevocationAsk, Witnesses } from './witnesses.ts';

/** Answers of responders are kept for so long, milliseconds: many images are signed with the same certificates. */
const keptMs = 60_000;
const maxKept = 1000;

/** How responders and lists are reached. */
export interface RevocationWitnessOptions {
  /** By whether private addresses may be asked. */
  readonly fetcher: (allowPrivate: boolean) => RevocationFetcher;
  /** Where lists are kept. Default: nowhere. */
  readonly cache?: CrlCache;
}

/** Asks by OCSP and lists; who asks for the same at a time, or shortly after, gets the same answer. Rule: wire-formats 9.6 */
export function createRevocationWitness(options: RevocationWitnessOptions): Witnesses['revocation'] {
  const kept = new Map<string, { readonly atMs: number; readonly results: Promise<readonly RevocationResult[]> }>();
  const reaches = new Map<boolean, { readonly fetcher: RevocationFetcher; readonly crls: CrlSource }>();
  const reach = (allowPrivate: boolean) => {
    const known = reaches.get(allowPrivate);
    if (known !== undefined) return known;
    const fetcher = options.fetcher(allowPrivate);
    const made = { fetcher, crls: createCrlSource(fetcher, options.cache) };
    reaches.set(allowPrivate, made);
    return made;
  };
  return (ask) => {
    const key = keyOf(ask);
    const found = kept.get(key);
    if (found !== undefined && ask.atMs >= found.atMs && ask.atMs - found.atMs < keptMs) return found.results;
    const { chain, atMs, signedAtMs, allowPrivate } = ask;
    // Nobody's signal ends it: others may wait for the same, and each request has its own end.
    const results = checkRevocation(chain, { atMs, signedAtMs, ...reach(allowPrivate) });
    kept.delete(key);
    kept.set(key, { atMs, results });
    for (const oldest of kept.keys()) {
      if (kept.size <= maxKept) break;
      kept.delete(oldest);
    }
    return results;
  };
}

function keyOf({ chain, signedAtMs, allowPrivate }: RevocationAsk): string {
  return JSON.stringify([chain.map(({ thumbprint }) => thumbprint), signedAtMs, allowPrivate]);
}
