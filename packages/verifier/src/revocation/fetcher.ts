/** What is allowed to one request; the time is for all of it, redirects too. */
export interface RevocationFetchOptions {
  readonly maxBytes: number;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** The body of an answer with status 200, or why there is none. */
export type Fetched = { readonly bytes: Uint8Array } | { readonly failed: string };

/**
 * Asks responders and fetches lists. The addresses are chosen by certificates: whoever implements it refuses those of the machine and its
 * networks, sends no credentials, and speaks http alone. It never rejects for what the other end does. Rule: wire-formats 9.6.
 */
export interface RevocationFetcher {
  get(url: string, options: RevocationFetchOptions): Promise<Fetched>;
  post(
    url: string,
    body: Uint8Array,
    options: RevocationFetchOptions & { readonly contentType: string },
  ): Promise<Fetched>;
}

/** Lists by their addresses, as they came: whoever reads one checks it again. Neither rejects; what is not there is undefined. */
export interface CrlCache {
  read(url: string): Promise<Uint8Array | undefined>;
  write(url: string, bytes: Uint8Array): Promise<void>;
}
