import { Gauge, type Registry } from 'prom-client';
import { countersOf } from '../server/counters.ts';
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
  const { counter, duration } = countersOf(registry);
  const requests = counter(
    'signet_proxy_requests_total',
    'Requests that were answered, by what was asked for (manifest, blob, tags, referrers, …) and status (broken: broken off midway)',
    ['endpoint', 'status'],
  );
  const durations = duration(
    'signet_proxy_request_duration_seconds',
    'From the arrival of a request to the end of its answer',
    buckets,
  );
  const running = new Gauge({ name: 'signet_proxy_requests_running', help: 'Requests that are under way', registers });
  const blobs = counter('signet_proxy_blobs_total', 'Blobs that were given, by where from (cache, upstream)', ['from']);
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
        durations.observe({ endpoint }, (performance.now() - started) / 1000);
      };
    },
    blob: (from) => blobs.inc({ from }),
  };
}
