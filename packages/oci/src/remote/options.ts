import type { CredentialSource } from '../auth/credential.ts';
import { defaultLimits, type Limits } from '../limits.ts';
import type { MayConnect } from './address-guard.ts';

/** Time limits in milliseconds. `totalMs` bounds one operation with all its retries; streams get more by their declared size. */
export interface Timeouts {
  readonly connectMs: number;
  readonly headersMs: number;
  /** The longest silence within a body. */
  readonly bodyMs: number;
  readonly totalMs: number;
}

/** How often, and after which waits (exponential, with jitter), a request is made again. */
export interface RetryOptions {
  readonly maxAttempts: number;
  readonly baseMs: number;
  readonly maxMs: number;
  /** A longer `Retry-After` than this is not waited for: the request fails as THROTTLED or SERVER_ERROR. */
  readonly maxRetryAfterMs: number;
}

/** One request as it went over the wire. `url` is without the query of addresses that carry secrets there; `status` is missing where no answer came. */
export interface RequestEvent {
  readonly method: string;
  readonly url: string;
  readonly status?: number;
  readonly ms: number;
  readonly attempt: number;
}

/** All optional; nothing given is the safe and ordinary choice. */
export interface ClientOptions {
  readonly credentials?: CredentialSource;
  /** Of all registries, or by their host with port. Default: plain HTTP for loopback hosts alone, and not even for them where an option about TLS is given. */
  readonly plainHttp?: boolean | ((host: string) => boolean);
  /** PEM; trusted beside nothing else. */
  readonly ca?: string | Buffer;
  /** PEM; shown to the registry itself, never to where it redirects. */
  readonly clientCert?: string | Buffer;
  readonly clientKey?: string | Buffer;
  readonly unsafeSkipTlsVerify?: boolean;
  readonly timeouts?: Partial<Timeouts>;
  /** Requests in flight per origin, default 32. */
  readonly concurrency?: number;
  readonly retries?: Partial<RetryOptions>;
  readonly limits?: Partial<Limits>;
  /** Where HTTP_PROXY, HTTPS_PROXY and NO_PROXY are looked up; default: no proxy. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly userAgent?: string;
  /** Asked for every address that a connection would be made to, redirects and token servers included, proxies not. Default: all may. */
  readonly mayConnect?: MayConnect;
  /** Blobs larger than this go up in chunks (PATCH) of this many bytes; default: in one PUT. */
  readonly uploadChunkBytes?: number;
  readonly onRequest?: (event: RequestEvent) => void;
  /** In [0, 1); for jitter. */
  readonly random?: () => number;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/** {@link ClientOptions} with every default filled in. */
export interface Settings {
  readonly options: ClientOptions;
  readonly timeouts: Timeouts;
  readonly retries: RetryOptions;
  readonly limits: Limits;
  readonly concurrency: number;
  readonly userAgent: string;
  readonly random: () => number;
  readonly now: () => number;
}

const defaultTimeouts: Timeouts = { connectMs: 10_000, headersMs: 30_000, bodyMs: 30_000, totalMs: 60_000 };
const defaultRetries: RetryOptions = { maxAttempts: 5, baseMs: 100, maxMs: 3000, maxRetryAfterMs: 30_000 };

/** Fills in the defaults. */
export function toSettings(options: ClientOptions): Settings {
  return {
    options,
    timeouts: { ...defaultTimeouts, ...options.timeouts },
    retries: { ...defaultRetries, ...options.retries },
    limits: { ...defaultLimits, ...options.limits },
    concurrency: options.concurrency ?? 32,
    userAgent: options.userAgent ?? 'signet',
    random: options.random ?? Math.random,
    now: options.now ?? Date.now,
  };
}
