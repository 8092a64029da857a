/** Bounds of the server. Times in milliseconds. */
export interface RegistryLimits {
  /** Bytes of one manifest; a larger one gets 413. Rule: distribution-spec 1.1, "Pushing Manifests" (at least 4 MiB). */
  readonly maxManifestBytes: number;
  readonly maxBlobBytes: number;
  /** Open upload sessions; one more gets 429. */
  readonly maxUploads: number;
  /** An upload that nobody touched for so long is removed. */
  readonly uploadExpiryMs: number;
  /** Entries of one page of tags or repositories, with `n` or without. */
  readonly maxPageEntries: number;
  /** Bytes of one page of referrers. */
  readonly maxReferrersBytes: number;
  /** Entries of one page of referrers. */
  readonly maxReferrersEntries: number;
  readonly maxConnections: number;
  /** From the connection's first byte to the end of the headers. */
  readonly headersMs: number;
  /** A connection on which nothing moves for so long is closed, idle or in the midst of a body. */
  readonly idleMs: number;
  /** How long `close` waits for requests in flight. */
  readonly closeMs: number;
  /** Bytes of manifests and small blobs kept in memory. */
  readonly cacheBytes: number;
}

export const defaultRegistryLimits: RegistryLimits = {
  maxManifestBytes: 4 * 1024 * 1024,
  maxBlobBytes: 64 * 1024 ** 3,
  maxUploads: 1000,
  uploadExpiryMs: 60 * 60 * 1000,
  maxPageEntries: 10_000,
  maxReferrersBytes: 3 * 1024 * 1024,
  maxReferrersEntries: 10_000,
  maxConnections: 2000,
  headersMs: 15_000,
  idleMs: 60_000,
  closeMs: 10_000,
  cacheBytes: 32 * 1024 * 1024,
};

/** Who may use the registry. Without it everybody may do everything. */
export interface AuthOptions {
  /** The text of an htpasswd file, bcrypt only (`htpasswd -B`). */
  readonly htpasswd?: string;
  /** The path of an htpasswd file, read when the registry starts. */
  readonly htpasswdFile?: string;
  /** Reading without credentials is allowed. */
  readonly allowAnonymousRead?: boolean;
}

/** A token endpoint at `/token`: the challenge is then Bearer. Its accounts are those of htpasswd. */
export interface TokenOptions {
  /** Name of the service in challenge and tokens; default `signet-registry`. */
  readonly service?: string;
  /** URL of the endpoint as clients see it; default `/token` at the host that the request names. */
  readonly realm?: string;
  /** Lifetime of an access token in seconds, default 300. */
  readonly lifetimeSeconds?: number;
}

/** One answered request, for a log. `path` has control characters escaped and no query. */
export interface RequestEvent {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly ms: number;
  /** What went wrong inside, for a 500. */
  readonly cause?: unknown;
}

export interface RegistryOptions {
  /** The folder that holds everything; made when it is missing. One server at a time. */
  readonly root: string;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: a free port. */
  readonly port?: number;
  /** PEM texts. */
  readonly tls?: { readonly cert: string; readonly key: string };
  readonly auth?: AuthOptions;
  readonly token?: TokenOptions;
  /** False: no referrers API (404) and no `OCI-Subject`, as registries before distribution-spec 1.1. */
  readonly referrersApi?: boolean;
  /** False: `If-Match` and `If-None-Match` of a write are ignored, as docker-registry does. */
  readonly conditionalWrites?: boolean;
  /** Patterns `TAG` or `REPOSITORY:TAG` with `*`: such a tag, once it is there, is neither moved nor deleted (403 DENIED). Default: none. */
  readonly immutableTags?: readonly string[];
  readonly limits?: Partial<RegistryLimits>;
  readonly logger?: (event: RequestEvent) => void;
  /** Milliseconds since 1970, for tokens and upload expiry. */
  readonly now?: () => number;
}
