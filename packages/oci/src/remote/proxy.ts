import { isIP } from 'node:net';
import { RegistryError } from '../errors.ts';

/** The environment in which proxies are named. */
export type ProxyEnv = Readonly<Record<string, string | undefined>>;

/**
 * The proxy for this address: `https_proxy` or `http_proxy` by its scheme (upper case too), unless `no_proxy` names it. Loopback hosts
 * never go through a proxy. HTTP_PROXY in upper case is ignored in a CGI program, where a request header could set it.
 * @throws {RegistryError} UNREACHABLE for a setting that names no HTTP proxy; the setting, which may hold a password, is not quoted
 */
export function proxyFor(url: URL, env: ProxyEnv): URL | undefined {
  const proxy =
    url.protocol === 'https:'
      ? (env.https_proxy ?? env.HTTPS_PROXY)
      : (env.http_proxy ?? (env.REQUEST_METHOD === undefined ? env.HTTP_PROXY : undefined));
  if (proxy === undefined || proxy.trim() === '' || isLoopbackHost(url.hostname)) return undefined;
  if (matchesNoProxy(url, env.no_proxy ?? env.NO_PROXY ?? '')) return undefined;
  const named = URL.parse(proxy.includes('://') ? proxy.trim() : `http://${proxy.trim()}`);
  if (named !== null && /^https?:$/.test(named.protocol)) return named;
  const setting = `the environment's ${url.protocol.slice(0, -1)}_proxy is not the address of an HTTP proxy`;
  throw new RegistryError('UNREACHABLE', `${url.origin} cannot be reached: ${setting}`);
}

/** localhost, 127.0.0.0/8 and ::1. */
export function isLoopbackHost(host: string): boolean {
  const name = bare(host);
  return (
    name === 'localhost' ||
    name.endsWith('.localhost') ||
    name === '::1' ||
    (isIP(name) === 4 && name.startsWith('127.'))
  );
}

/**
 * Whether a NO_PROXY list (commas or spaces between) names the address: `*`, `host` (its subdomains too), `.domain` and `*.domain`
 * (subdomains alone), an IP address, a CIDR block; each but the last with an optional `:port`.
 */
export function matchesNoProxy(url: URL, list: string): boolean {
  const port = url.port !== '' ? url.port : url.protocol === 'https:' ? '443' : '80';
  const host = bare(url.hostname);
  return list.split(/[\s,]+/).some((entry) => entry !== '' && matchesEntry(entry.toLowerCase(), host, port));
}

function matchesEntry(entry: string, host: string, port: string): boolean {
  if (entry === '*') return true;
  if (entry.includes('/')) return inBlock(host, entry);
  const [, name = '', wantedPort] =
    /^(\[[^\]]*\]|[^:]*|.*:.*:.*?)(?::(\d+))?$/.exec(isIP(entry) === 6 ? `[${entry}]` : entry) ?? [];
  if (name === '' || (wantedPort !== undefined && wantedPort !== port)) return false;
  const pattern = bare(name).replace(/^\*(?=\.)/, '');
  if (isIP(host) !== 0) return pattern === host;
  return pattern.startsWith('.') ? host.endsWith(pattern) : host === pattern || host.endsWith(`.${pattern}`);
}

function inBlock(host: string, block: string): boolean {
  const [base = '', bits = ''] = block.split('/');
  const address = toBits(host);
  const network = toBits(bare(base));
  if (address === undefined || network?.length !== address.length || !/^\d{1,3}$/.test(bits)) return false;
  return Number(bits) <= address.length && address.slice(0, Number(bits)) === network.slice(0, Number(bits));
}

/** The address as a text of 32 or 128 binary digits. */
function toBits(host: string): string | undefined {
  const kind = isIP(host);
  if (kind === 4)
    return host
      .split('.')
      .map((part) => Number(part).toString(2).padStart(8, '0'))
      .join('');
  return kind === 6 ? ipv6Bits(host) : undefined;
}

function ipv6Bits(host: string): string | undefined {
  // The URL parser writes an embedded IPv4 address and all other spellings in one way.
  const [left = '', right] = bare(new URL(`http://[${host.replace(/%.*$/, '')}]/`).hostname).split('::');
  const before = left === '' ? [] : left.split(':');
  const after = right === undefined || right === '' ? [] : right.split(':');
  const zeros = right === undefined ? 0 : 8 - before.length - after.length;
  const groups = [...before, ...Array.from({ length: Math.max(0, zeros) }, () => '0'), ...after];
  return groups.length === 8
    ? groups.map((group) => Number.parseInt(group, 16).toString(2).padStart(16, '0')).join('')
    : undefined;
}

function bare(host: string): string {
  return host
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '');
}
