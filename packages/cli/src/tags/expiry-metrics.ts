import type { Published } from '@signet/signed-tags';
import type { Collection } from './collection.ts';

/** What became of one repository. */
export interface Refreshed {
  readonly repository: string;
  readonly collection?: Collection;
  readonly published?: Published;
}

/** For the textfile collector of Prometheus' node exporter. Rule: Prometheus text exposition format 0.0.4 */
export function expiryMetrics(refreshed: readonly Refreshed[]): string {
  const expiries = refreshed.flatMap(({ collection, published }) =>
    collection === undefined || published?.head === undefined
      ? []
      : [`signet_catalogue_expiry_seconds{${label(collection.name)}} ${Math.floor(published.head.expiresMs / 1000)}`],
  );
  const results = refreshed.map(
    ({ repository, collection, published }) =>
      `signet_catalogue_refreshed{${label(collection?.name ?? repository)}} ${published === undefined ? 0 : 1}`,
  );
  return [
    '# HELP signet_catalogue_expiry_seconds When the catalogue of a collection expires, seconds since 1970 UTC.',
    '# TYPE signet_catalogue_expiry_seconds gauge',
    ...expiries,
    '# HELP signet_catalogue_refreshed Whether the last run signed the catalogue anew.',
    '# TYPE signet_catalogue_refreshed gauge',
    ...results,
    '',
  ].join('\n');
}

function label(name: string): string {
  return `collection="${name.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}
