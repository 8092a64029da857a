export { chainStatus, checkRevocation, type RevocationCheck, type RevocationResult } from './check-revocation.ts';
export { createCrlFolder } from './crl-folder.ts';
export { type CrlSource, createCrlSource, type FoundCrl } from './crl-source.ts';
export type { CrlCache, Fetched, RevocationFetcher, RevocationFetchOptions } from './fetcher.ts';
export { createHttpFetcher, type HttpFetcherOptions, type HttpRevocationFetcher } from './http-fetcher.ts';
