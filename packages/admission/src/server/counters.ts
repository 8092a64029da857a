import { Counter, Histogram, type Registry } from 'prom-client';

/** Makes what is counted in one registry. */
export interface Counters {
  counter<L extends string = never>(name: string, help: string, labelNames?: readonly L[]): Counter<L>;
  /** By endpoint; `buckets` in seconds. */
  duration(name: string, help: string, buckets: readonly number[]): Histogram<'endpoint'>;
}

export function countersOf(registry: Registry): Counters {
  const registers = [registry];
  return {
    counter: (name, help, labelNames = []) => new Counter({ name, help, labelNames: [...labelNames], registers }),
    duration: (name, help, buckets) =>
      new Histogram({ name, help, labelNames: ['endpoint'], buckets: [...buckets], registers }),
  };
}
