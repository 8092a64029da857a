import { canonicalHost, parseRegistryReference, RegistryError } from '@signet/oci';
import { ApiError, show } from '@signet/registry';
import { AdmissionError } from '../errors.ts';

/** A registry behind the proxy. */
export interface Upstream {
  /** First part of the paths that lead to it, and what `?ns=` may say; without it, the upstream of all other paths. */
  readonly name?: string;
  /** As policies and references write it: `docker.io`, `registry.example.com:5000`. */
  readonly registry: string;
  readonly isPlainHttp: boolean;
}

/** What a path of the proxy names. */
export interface Target {
  readonly upstream: Upstream;
  /** Of the upstream, folded: Docker Hub's `library/` filled in. */
  readonly repository: string;
  /** `registry/repository`, as references begin. */
  readonly image: string;
  /** The name that the client used, and with which `?ns=`. */
  readonly asked: string;
  readonly space?: string;
}

/** The registries behind a proxy. */
export interface Upstreams {
  readonly list: readonly Upstream[];
  /** `ns`: containerd's query parameter, each time that it was given. @throws {ApiError} NAME_UNKNOWN, NAME_INVALID */
  find(name: string, ns: readonly string[]): Target;
  /** Whether this host (with port, where it has one) is asked by plain HTTP. */
  isPlainHttp(host: string): boolean;
}

const namePattern = /^[a-z0-9]+(?:[._-][a-z0-9]+)*$/;

/**
 * `URL` or `NAME=URL`: the address of a registry, without a path.
 * @throws {AdmissionError} SERVER_INVALID
 */
export function parseUpstream(text: string): Upstream {
  const [, name, address = ''] = /^(?:([^=:/]+)=)?(.*)$/s.exec(text) ?? [];
  if (name !== undefined && (!namePattern.test(name) || name.length > 128))
    throw invalid(text, 'the name is one part of a path: lower-case letters, digits, and . _ - between them');
  const url = URL.parse(address);
  if (url === null || !/^https?:\/\//.test(address) || (url.protocol !== 'https:' && url.protocol !== 'http:'))
    throw invalid(text, 'https://HOST or NAME=https://HOST is wanted');
  if (url.username !== '' || url.password !== '')
    throw invalid(text, 'credentials do not belong in it (signet login keeps them)');
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '')
    throw invalid(text, 'only scheme, host and port are taken');
  const registry = canonicalHost(url.host);
  if (registryOf(registry) !== registry)
    throw invalid(text, 'a host without a dot is not a registry in references: name it with its domain or its port');
  return { ...(name === undefined ? {} : { name }), registry, isPlainHttp: url.protocol === 'http:' };
}

/** @throws {AdmissionError} SERVER_INVALID for none, and for two of the same name or registry */
export function createUpstreams(list: readonly Upstream[]): Upstreams {
  if (list.length === 0) throw new AdmissionError('SERVER_INVALID', 'a proxy needs a registry behind it');
  checkDistinct(list);
  const rest = list.find(({ name }) => name === undefined);
  const byPath = new Map(list.flatMap((upstream) => (upstream.name === undefined ? [] : [[upstream.name, upstream]])));
  const byNamespace = new Map([...list.map((each) => [each.registry, each] as const), ...byPath]);
  const plain = new Set(list.filter(({ isPlainHttp }) => isPlainHttp).map(({ registry }) => registry));
  return {
    list,
    find(name, ns) {
      const [space, ...more] = ns;
      if (more.length > 0) throw new ApiError(400, 'NAME_INVALID', 'ns is given more than once');
      if (space !== undefined) return targetOf(byNamespace.get(canonicalHost(space)), name, { asked: name, space });
      const [first = '', ...parts] = name.split('/');
      const named = parts.length === 0 ? undefined : byPath.get(first);
      if (named !== undefined) return targetOf(named, parts.join('/'), { asked: name });
      return targetOf(rest, name, { asked: name });
    },
    isPlainHttp: (host) => plain.has(canonicalHost(host)),
  };
}

function checkDistinct(list: readonly Upstream[]): void {
  const names = list.map(({ name = '' }) => name);
  const registries = list.map(({ registry }) => registry);
  const twice = (texts: readonly string[]): string | undefined => texts.find((text, at) => texts.indexOf(text) !== at);
  const name = twice(names);
  if (name === '') throw new AdmissionError('SERVER_INVALID', 'two upstreams without a name: write NAME=URL');
  const same = name ?? twice(registries);
  if (same !== undefined) throw new AdmissionError('SERVER_INVALID', `the upstream ${same} is given twice`);
}

function targetOf(upstream: Upstream | undefined, path: string, by: Pick<Target, 'asked' | 'space'>): Target {
  const { asked, space } = by;
  if (upstream === undefined) {
    const what = space === undefined ? `no upstream is for ${show(asked)}` : `${show(space)} is no upstream`;
    throw new ApiError(404, 'NAME_UNKNOWN', `${what} of this proxy`);
  }
  try {
    const { registry, repository } = parseRegistryReference(`${upstream.registry}/${path}`);
    return { upstream, repository, image: `${registry}/${repository}`, ...by };
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error;
    throw new ApiError(400, 'NAME_INVALID', `${show(asked)} is not a repository name`);
  }
}

/** What references take this host for. */
function registryOf(host: string): string | undefined {
  try {
    return parseRegistryReference(`${host}/x`).registry;
  } catch (error) {
    if (error instanceof RegistryError) return undefined;
    throw error;
  }
}

function invalid(text: string, why: string): AdmissionError {
  const shown = JSON.stringify(text.slice(0, 200).replace(/\/\/[^/@]*@/, '//***@'));
  return new AdmissionError('SERVER_INVALID', `the upstream ${shown}: ${why}`);
}
