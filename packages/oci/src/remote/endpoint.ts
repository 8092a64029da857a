import { RegistryError } from '../errors.ts';
import type { ClientOptions } from './options.ts';
import { isLoopbackHost } from './proxy.ts';

/** The base address of a registry's API, without path. Rule: wire-formats 2.1 (Docker Hub). @throws {RegistryError} REFERENCE_INVALID */
export function baseUrl(registry: string, options: ClientOptions): URL {
  const host = registry === 'docker.io' ? 'registry-1.docker.io' : registry;
  const scheme = isPlainHttp(host, options) ? 'http' : 'https';
  const url = URL.parse(`${scheme}://${host}/`);
  // What is not only host and port would be a way to another address than the one that was meant.
  if (url === null || url.pathname !== '/' || url.username !== '' || url.search !== '' || url.hash !== '') {
    throw new RegistryError('REFERENCE_INVALID', `not a registry host: ${JSON.stringify(registry.slice(0, 80))}`);
  }
  return url;
}

function isPlainHttp(host: string, options: ClientOptions): boolean {
  const { plainHttp } = options;
  if (plainHttp !== undefined) return typeof plainHttp === 'function' ? plainHttp(host) : plainHttp;
  const wantsTls = options.ca !== undefined || options.clientCert !== undefined || options.unsafeSkipTlsVerify === true;
  return !wantsTls && isLoopbackHost(host.replace(/:\d+$/, ''));
}
