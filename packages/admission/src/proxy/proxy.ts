import type { RegistryReference, Source } from '@signet/oci';
import { defaultRegistryLimits, startServing } from '@signet/registry';
import { createSingleFlight } from '../cache/single-flight.ts';
import type { Judge } from '../judge/judge.ts';
import type { Logger } from '../server/logger.ts';
import type { Metrics } from '../server/metrics.ts';
import { createAccess, type ProxySecrets } from './access.ts';
import { createClaims } from './claims.ts';
import type { ContentCache } from './content-cache.ts';
import { answerProxy } from './handler.ts';
import { createLists } from './lists.ts';
import { createManifests } from './manifests.ts';
import { createProxyMetrics } from './metrics.ts';
import type { ProxyContext } from './proxy-context.ts';
import type { Target, Upstreams } from './upstreams.ts';

/** Opens a repository for reading; nothing is asked yet. */
export type OpenRepository = (reference: Pick<RegistryReference, 'registry' | 'repository'>) => Source;

/** How a proxy is set up. */
export interface ProxyOptions extends ProxySecrets {
  readonly judge: Judge;
  readonly upstreams: Upstreams;
  /** For manifests and lists. */
  readonly open: OpenRepository;
  /** For blobs: over connections of their own, so that slow transfers keep no verdict waiting. Default: `open`. */
  readonly openBlobs?: OpenRepository;
  readonly cache?: ContentCache;
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** Default 127.0.0.1. Without TLS it must be an address of this machine. */
  readonly host?: string;
  /** Default 0: a free one. */
  readonly port?: number;
  /** Accounts get tokens at `/token`. Default: Basic. */
  readonly usesTokens?: boolean;
  /** Default: off this machine, clients must be known. */
  readonly allowAnonymous?: boolean;
  /** Milliseconds until a verdict must be there; what takes longer is undecided. Default 20,000. */
  readonly answerMs?: number;
  /** Milliseconds that requests in flight get at the end. Default 25,000. */
  readonly closeMs?: number;
  readonly now?: () => number;
}

/** A proxy that listens. */
export interface RunningProxy {
  readonly url: string;
  /** `host:port`, as references begin. */
  readonly address: string;
  /**
   * New connections get the certificate, new requests are held against the accounts. A proxy stays with or without TLS.
   * @throws {AdmissionError} SERVER_INVALID, {RegistryStartError} HTPASSWD_INVALID; what node:tls throws for what is no certificate. Then
   * nothing is changed.
   */
  useSecrets(secrets: ProxySecrets): void;
  /** Takes no more requests, finishes those in flight within the limit. */
  close(): Promise<void>;
}

/**
 * Serves what the policy lets pass of the registries behind it, for pulling alone. Rule: distribution-spec 1.1, "Pull"
 * @throws {AdmissionError} SERVER_INVALID for options that would be unsafe, {RegistryStartError} HTPASSWD_INVALID; what node throws for an
 * address that is not to be had
 */
export async function startProxy(options: ProxyOptions): Promise<RunningProxy> {
  const { host = '127.0.0.1', closeMs = 25_000, tls, now = Date.now, usesTokens = false } = options;
  const rules = { host, usesTokens, allowAnonymous: options.allowAnonymous ?? false, now };
  const context: ProxyContext = { ...createContext(options), access: createAccess(options, rules) };
  const serving = await startServing({
    host,
    port: options.port ?? 0,
    limits: { ...defaultRegistryLimits, closeMs },
    handle: (request, response) => answerProxy(context, request, response),
    ...(tls === undefined ? {} : { tls }),
  });
  return {
    url: serving.url,
    address: serving.address,
    useSecrets(secrets) {
      const access = createAccess(secrets, rules, context.access);
      if (secrets.tls !== undefined) serving.useTls(secrets.tls);
      context.access = access;
    },
    async close() {
      context.isReady = false;
      await serving.close();
    },
  };
}

function createContext(options: ProxyOptions): Omit<ProxyContext, 'access'> {
  const { judge, open, openBlobs = open, cache, metrics, logger, answerMs = 20_000 } = options;
  const ofTarget = (from: OpenRepository) => (target: Target) =>
    from({ registry: target.upstream.registry, repository: target.repository });
  const kept = cache === undefined ? {} : { cache };
  return {
    pulling: {
      judge,
      manifests: createManifests({ open: ofTarget(open), ...kept }),
      claims: createClaims(),
      searching: createSingleFlight<void>(maxSearches),
      openBlobs: ofTarget(openBlobs),
      ...kept,
    },
    upstreams: options.upstreams,
    lists: createLists(ofTarget(open)),
    metrics,
    proxyMetrics: createProxyMetrics(metrics.registry, cache),
    logger,
    answerMs,
    isReady: true,
    running: 0,
  };
}

/** Repositories whose indexes are looked through at the same time. */
const maxSearches = 200;
