import { isOtherDockerHub, needsDockerHub } from './docker-hub.ts';

/** A scope of the docker transport as Signet's patterns. */
export interface Scope {
  /** As it was written. */
  readonly name: string;
  /** Empty where it can match nothing. */
  readonly images: readonly string[];
  /** Of the scopes that match an image the largest decides. */
  readonly rank: number;
  /** Set where the scope is one digest. */
  readonly digest?: string;
  /** The host is one that Signet takes for docker.io, and containers/image does not. */
  readonly isFolded?: true;
  /** Why it matches nothing. */
  readonly why?: string;
}

/**
 * Exact references come before prefixes, longer ones first; then `*.DOMAIN`, longer ones first; then the transport's default.
 * Rule: containers-policy.json(5) "docker:"; containers/image docker/policyconfiguration/naming.go.
 */
export function scopeOf(name: string): Scope {
  if (name === '') return { name: 'docker', images: ['*'], rank: 1 };
  const wildcard = /^\*\.([a-z0-9.-]+)$/i.exec(name)?.[1]?.toLowerCase();
  if (wildcard !== undefined)
    return { name, images: [`*.${wildcard}/**`, `*.${wildcard}:*/**`], rank: 1000 + name.length };
  const parsed =
    /^([^/@]+)((?:\/[a-z0-9._-]+)*)(?::([A-Za-z0-9_][A-Za-z0-9._-]{0,127}))?(?:@(sha(?:256|512):[0-9a-f]+))?$/.exec(
      name,
    );
  if (parsed === null) return nothing(name, 'it is no host, repository or reference');
  return literalScope(name, parsed);
}

function literalScope(name: string, [, host = '', path = '', tag, digest]: readonly (string | undefined)[]): Scope {
  // In `host:5000` the colon is the port's: it was read as part of the host, which has no slash.
  if (!isHost(host)) return nothing(name, 'references are compared in full, and no host is written like this one');
  if (host.toLowerCase() === 'index.docker.io') return nothing(name, 'references say docker.io instead');
  const isFolded = isOtherDockerHub(host);
  const base = { name, rank: 1_000_000 + name.length, ...(isFolded ? { isFolded: true as const } : {}) };
  if (tag !== undefined || digest !== undefined) {
    if (path === '' || (tag !== undefined && digest !== undefined)) return nothing(name, 'it is no reference');
    return { ...base, images: isShort(host, path) ? [] : [name], ...(digest === undefined ? {} : { digest }) };
  }
  // docker.io/busybox is written docker.io/library/busybox in full: as a scope the short form is a namespace only.
  return {
    ...base,
    images: path === '' || isShort(host, path) ? [`${host}${path}/**`] : [`${host}${path}`, `${host}${path}/**`],
  };
}

function isHost(host: string): boolean {
  return /^(?:\[[0-9a-f:.]+\]|[A-Za-z0-9.-]+)(?::[0-9]{1,5})?$/.test(host) && !needsDockerHub(host);
}

function isShort(host: string, path: string): boolean {
  return host === 'docker.io' && path.split('/').length === 2;
}

function nothing(name: string, why: string): Scope {
  return { name, images: [], rank: 0, why };
}
