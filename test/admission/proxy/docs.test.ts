import { expect, it } from 'vitest';
import { createMetrics } from '../../../packages/admission/src/index.ts';
import { createProxyMetrics } from '../../../packages/admission/src/proxy/metrics.ts';
import { readDocs } from '../../support/markdown.ts';

const document = readDocs().get('docs/proxy.md');

it('docs/proxy.md names the metrics of a proxy, each and no other', () => {
  const { registry } = createMetrics();
  const before = new Set(registry.getMetricsAsArray().map(({ name }) => name));
  const cache = { bytes: 0 } as Parameters<typeof createProxyMetrics>[1];
  createProxyMetrics(registry, cache);
  const own = registry.getMetricsAsArray().map(({ name }) => name);
  const [table] = document?.tables.filter(({ columns }) => columns[0] === 'metric') ?? [];
  const named = table?.rows.map(([name = '']) => name.replaceAll('`', ''));
  expect(named).toEqual(own.filter((name) => !before.has(name)));
});
