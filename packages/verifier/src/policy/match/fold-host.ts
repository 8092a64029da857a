import { canonicalHost } from '@signet/oci';

/**
 * One spelling of a registry's host, or of a pattern of one: as references have it, and without the default port and the dot at the end.
 * Rule: design.md 6.
 */
export function foldHost(host: string): string {
  return canonicalHost(host.replace(/:443$/, '').replace(/\.(?=:[0-9*]+$|$)/, ''));
}

/** The same of `HOST/NAME`. */
export function foldRepository(text: string): string {
  const slash = text.indexOf('/');
  return slash === -1 ? text : foldHost(text.slice(0, slash)) + text.slice(slash);
}
