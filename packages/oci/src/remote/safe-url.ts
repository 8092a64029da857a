/** Query parameters of the distribution API that say nothing secret. */
const harmless: ReadonlySet<string> = new Set(['n', 'last', 'digest', 'artifactType', 'mount', 'from']);
const maxLength = 300;

/**
 * An address for messages and events: no user part; of a registry's query only the API's own parameters, of other addresses (storage with
 * signed queries, token servers) nothing. At most 300 characters.
 */
export function safeUrl(url: URL, isRegistry: boolean): string {
  const query = new URLSearchParams([...url.searchParams].filter(([name]) => isRegistry && harmless.has(name)));
  const shown = `${url.origin}${url.pathname}${query.size === 0 ? '' : `?${query}`}`;
  return shown.length > maxLength ? `${shown.slice(0, maxLength)}…` : shown;
}
