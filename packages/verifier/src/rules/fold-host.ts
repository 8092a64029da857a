const dockerHub: ReadonlySet<string> = new Set([
  'docker.io',
  'index.docker.io',
  'registry-1.docker.io',
  'registry.hub.docker.com',
]);

/**
 * One spelling of a registry's host, or of a pattern of one: lower case, without the default port and the dot at the end; Docker Hub by one name.
 * Rule: design.md 6.
 */
export function foldHost(host: string): string {
  const plain = host
    .toLowerCase()
    .replace(/:443$/, '')
    .replace(/\.(?=:[0-9*]+$|$)/, '');
  return dockerHub.has(plain) ? 'docker.io' : plain;
}
