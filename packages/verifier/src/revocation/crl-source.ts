import { type Crl, maxCrlBytes, type RevocationQuestion, readCrl } from '@signet/core/revocation';
import type { CrlCache, Fetched, RevocationFetcher } from './fetcher.ts';

/** A list, or why there is none. */
export type FoundCrl = { readonly crl: Crl } | { readonly failed: string };

/** Where lists come from: the cache where one is there and still holds, else the network, once for all who ask at a time. */
export interface CrlSource {
  find(url: string, kind: 'base' | 'delta', question: RevocationQuestion): Promise<FoundCrl>;
}

/** Milliseconds for one list. Rule: wire-formats 12. */
const timeoutMs = 5000;

/** A source over a fetcher, and a cache where there is one. Rule: wire-formats 9.6. */
export function createCrlSource(fetcher: RevocationFetcher, cache?: CrlCache): CrlSource {
  const flights = new Map<string, Promise<Fetched>>();
  // Nobody's signal ends it: others wait for the same, and its time is short.
  const fetchOnce = (url: string): Promise<Fetched> => {
    const flight =
      flights.get(url) ??
      fetcher.get(url, { maxBytes: maxCrlBytes, timeoutMs }).finally(() => void flights.delete(url));
    flights.set(url, flight);
    return flight;
  };
  return {
    async find(url, kind, question) {
      const kept = await cache?.read(url);
      const old = kept && readCrl(kept, kind, question);
      if (old !== undefined && 'crl' in old) return old;
      const fetched = await fetchOnce(url);
      if ('failed' in fetched) return fetched;
      const reading = readCrl(fetched.bytes, kind, question);
      if ('unusable' in reading) return { failed: `the CRL is of no use: ${reading.unusable}` };
      await cache?.write(url, fetched.bytes);
      return reading;
    },
  };
}
