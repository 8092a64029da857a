import type { Logger } from '../server/logger.ts';
import type { Metrics } from '../server/metrics.ts';
import type { ProxyAccess } from './access.ts';
import type { Lists } from './lists.ts';
import type { ProxyMetrics } from './metrics.ts';
import type { Pulling } from './pulling.ts';
import type { Upstreams } from './upstreams.ts';

/** What all requests to a proxy share. */
export interface ProxyContext {
  readonly pulling: Pulling;
  readonly upstreams: Upstreams;
  readonly lists: Lists;
  /** As it is now: accounts can change. */
  access: ProxyAccess;
  readonly metrics: Metrics;
  readonly proxyMetrics: ProxyMetrics;
  readonly logger: Logger;
  /** Milliseconds until a verdict must be there. */
  readonly answerMs: number;
  /** False once it is shutting down. */
  isReady: boolean;
  /** Requests under way. */
  running: number;
}
