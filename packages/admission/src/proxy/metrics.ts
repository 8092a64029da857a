import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { ContentCache } from './content-cache.ts';

/** What a proxy counts beside what every judge does. */
export interface ProxyMetrics {
  /** A request begins; gives what is called at its end. */
  begin(): (endpoint: string, status: number | 'broken') => void;
  /** A blob is given from the cache, or from the registry. */
  blob(from: 'cache' | 'upstream'): void;
}

const buckets = [0.001, 0.005, 0.025, 0.1, 0.5, 1, 5, 20, 60, 300];

/** Registers them; once a registry. */
export function createProxyMetrics(registry: Registry, cache: ContentCache | undefined): ProxyMetrics {
  const registers = [registry];
  const requests = new Counter({
    name: 'signet_proxy_requests_total',
    help: 'Requests that were answered, by what was asked for (manifest, blob, tags, referrers, …) and status (broken: broken off midway)',
    labelNames: ['endpoint', 'status'] as const,
    registers,
  });
  const duration = new Histogram({
    name: 'signet_proxy_request_duration_seconds',
    help: 'From the arrival of a request to the end of its answer',
    labelNames: ['endpoint'] as const,
    buckets,
    registers,
  });
  const running = new Gauge({ name: 'signet_proxy_requests_running', help: 'Requests that are under way', registers });
  const blobs = new Counter({
    name: 'signet_proxy_blobs_total',
    help: 'Blobs that were given, by where from (cache, upstream)',
    labelNames: ['from'] as const,
    registers,
  });
  if (cache !== undefined)
    new Gauge({
      name: 'signet_proxy_cache_bytes',
      help: 'Size of the cache',
      registers,
      collect() {
        this.set(cache.bytes);
      },
    });
  return {
    begin() {
      const started = performance.now();
      running.inc();
      return (endpoint, status) => {
        running.dec();
        requests.inc({ endpoint, status: String(status) });
        duration.observe({ endpoint }, (performance.now() - started) / 1000);
      };
    },
    blob: (from) => blobs.inc({ from }),
  };
}
